package filter

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// Limits of an expression. The cost is CEL's own measure, about one per step; an
// order of 5,000 lines can be searched a few times.
const (
	maxLength = 4096
	maxNodes  = 2000
	maxDepth  = 64
	maxCost   = 200_000
)

// Filter is a compiled expression. It is safe for concurrent use.
type Filter struct{ program cel.Program }

var environment = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Container("spurline.commerce.v1"),
		cel.Types(&commercev1.Order{}, &commercev1.Shipment{}),
		cel.Variable("order", cel.ObjectType("spurline.commerce.v1.Order")),
		cel.Variable("shipment", cel.ObjectType("spurline.commerce.v1.Shipment")),
		cel.ParserExpressionSizeLimit(maxLength),
		cel.ParserRecursionLimit(maxDepth),
		cel.ExpressionNodeLimit(maxNodes),
		cel.ExpressionNestingDepthLimit(maxDepth),
		cel.ExtendedValidations(),
	)
})

// Compile reads an expression, which must be true or false. The error is an
// *Error that says where the fault is and what to write.
func Compile(expression string) (*Filter, error) {
	if len(expression) > maxLength {
		return nil, &Error{Message: fmt.Sprintf("is longer than %d bytes; write a shorter one", maxLength)}
	}
	if strings.TrimSpace(expression) == "" {
		return nil, &Error{Message: "is blank; leave it empty to take every record"}
	}
	env, err := environment()
	if err != nil {
		return nil, fmt.Errorf("build the environment of filters: %w", err)
	}
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil, explain(issues)
	}
	if ast.OutputType() != cel.BoolType {
		return nil, &Error{Line: 1, Column: 1, Message: fmt.Sprintf(
			`is a %s and must be true or false; compare it, as in order.order_source == "amazon"`, ast.OutputType())}
	}
	program, err := env.Program(ast, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, &Error{Line: 1, Column: 1, Message: "cannot be prepared: " + err.Error()}
	}
	return &Filter{program: program}, nil
}

// Eval says whether the filter takes the record. A missing order or shipment
// stands for an empty one. An error means that the expression has no value for
// this record, for example because it asks for an extra field that is not
// there; it says how to guard against that and shows no value of the record.
func (f *Filter) Eval(order *commercev1.Order, shipment *commercev1.Shipment) (bool, error) {
	if order == nil {
		order = &commercev1.Order{}
	}
	if shipment == nil {
		shipment = &commercev1.Shipment{}
	}
	value, _, err := f.program.Eval(map[string]any{"order": order, "shipment": shipment})
	if err != nil {
		return false, explainEval(err)
	}
	taken, ok := value.Value().(bool)
	if !ok {
		return false, errors.New("filter is neither true nor false for this record")
	}
	return taken, nil
}

func explainEval(err error) error {
	switch text := err.Error(); {
	case strings.Contains(text, "cost limit"):
		return errors.New("filter takes too long for this record: it looks at too many elements; " +
			"write one with fewer nested loops")
	case strings.Contains(text, "no such key"):
		return errors.New(`filter asks for an extra field that this record does not have; ` +
			`guard it, as in "asin" in order.extra_fields && order.extra_fields["asin"] != ""`)
	case strings.Contains(text, "index out of bounds"):
		return errors.New("filter asks for an element that this record does not have; " +
			"guard it with size(...), or use exists(...)")
	default:
		return errors.New("filter has no value for this record: a conversion or calculation in it fails; " +
			"guard it with a condition before it")
	}
}
