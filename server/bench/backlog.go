package bench

import "context"

func backlogCases() []Case { return nil }

var _ context.Context
