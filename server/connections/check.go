package connections

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/store"
)

// TestConnection asks the extra interface whether settings work. Only the result
// of a test of exactly what is saved is stored, and only if that is still saved
// when the answer is there.
func (s *Service) TestConnection(
	ctx context.Context, request *apiv1.TestConnectionRequest,
) (*apiv1.TestConnectionResponse, error) {
	subject, err := s.subject(ctx, request)
	if err != nil {
		return nil, err
	}
	if violations := check(subject.description, subject.given); len(violations) > 0 {
		violations = s.refuses(ctx, subject.stored, subject.description, subject.given, nil)
		if !subject.saved {
			return nil, fault.Invalid(violations...)
		}
		// The plugin asks for more than it did when they were saved.
		return s.keep(ctx, subject, faulty(violations))
	}
	answer, err := s.ask(ctx, subject)
	if err != nil {
		return nil, err
	}
	return s.keep(ctx, subject, judge(answer, subject))
}

// subject is what is tested.
type subject struct {
	// stored is the saved connection, empty if there is none.
	stored      store.Connection
	description *pluginv1.Description
	given       given
	// saved: the settings and secrets are exactly those of the saved connection.
	saved bool
}

// subject finds what a request wants tested: the saved connection, with the
// settings and secrets of the request in the place of the saved ones.
func (s *Service) subject(ctx context.Context, request *apiv1.TestConnectionRequest) (subject, error) {
	edits := request.GetConnection()
	if request.GetName() == "" {
		if edits.GetPlugin() == "" {
			return subject{}, fault.Invalid(fault.Violation{
				Field: "name", Rule: "must name a saved connection, or connection.plugin the plugin of an unsaved one",
			})
		}
		description, err := lookup.Description(s.options.Plugins, edits.GetPlugin())
		return subject{
			stored:      store.Connection{Plugin: edits.GetPlugin()},
			description: description,
			given:       given{settings: edits.GetSettings(), secrets: edits.GetSecrets()},
		}, err
	}
	stored, err := s.find.Connection(ctx, request.GetName(), "name")
	if err != nil {
		return subject{}, err
	}
	if edits.GetPlugin() != "" && edits.GetPlugin() != stored.Plugin {
		return subject{}, fault.Invalid(wrongPlugin(stored.Plugin))
	}
	if edits.GetName() != "" && edits.GetName() != request.GetName() {
		return subject{}, fault.Invalid(fault.Violation{
			Field: "connection.name", Rule: "must be the same as name, or be left out",
		})
	}
	description, err := lookup.Description(s.options.Plugins, stored.Plugin)
	if err != nil {
		return subject{}, err
	}
	secrets, err := s.options.Vault.OpenSecrets(stored)
	if err != nil {
		if !coversAll(stored.SecretTimes, edits.GetSecrets(), nil) {
			return subject{}, unreadable(request.GetName(), err)
		}
		secrets = map[string]string{}
	}
	settings, secrets := effective(description, stored.Settings), declaredSecrets(description, secrets)
	edited := given{settings: maps.Clone(settings), secrets: maps.Clone(secrets)}
	maps.Copy(edited.settings, edits.GetSettings())
	maps.Copy(edited.secrets, edits.GetSecrets())
	return subject{
		stored: stored, description: description, given: edited,
		saved: err == nil && maps.Equal(settings, edited.settings) && maps.Equal(secrets, edited.secrets),
	}, nil
}

// ask calls the plugin, with errors of the API.
func (s *Service) ask(ctx context.Context, on subject) (*pluginv1.CheckConnectionResponse, error) {
	answer, err := s.put(ctx, on)
	var failed *callError
	if errors.As(err, &failed) {
		return nil, lookup.PluginFailed(s.options.Plugins, on.stored.Plugin, failed.cause)
	}
	return answer, err
}

// callError is an error of the call itself.
type callError struct{ cause error }

func (e *callError) Error() string { return "test of a connection failed: " + e.cause.Error() }

func (e *callError) Unwrap() error { return e.cause }

// put calls the plugin. An extra interface that does not answer in time is an answer,
// not an error.
func (s *Service) put(ctx context.Context, on subject) (*pluginv1.CheckConnectionResponse, error) {
	// A uid of its own keeps the plugin from using what it built from other
	// settings.
	connection := &pluginv1.Connection{
		Uid:        "unsaved-" + rand.Text(),
		MerchantId: on.stored.MerchantID, AccountId: on.stored.AccountID,
		Settings: effective(on.description, on.given.settings),
		Secrets:  declaredSecrets(on.description, on.given.secrets),
	}
	if on.saved {
		onCall, err := s.options.Vault.PluginConnection(on.stored, on.description)
		if err != nil {
			return nil, unreadable(nameOf(on.stored), err)
		}
		connection = onCall
	}
	bounded, cancel := context.WithTimeout(ctx, s.options.CheckTimeout)
	defer cancel()
	answer, err := s.options.Plugins.CheckConnection(
		bounded, on.stored.Plugin, &pluginv1.CheckConnectionRequest{Connection: connection})
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() == nil && errors.Is(bounded.Err(), context.DeadlineExceeded):
		return &pluginv1.CheckConnectionResponse{
			Outcome:  pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE,
			Warnings: []string{fmt.Sprintf("no answer within %s", s.options.CheckTimeout)},
		}, nil
	default:
		s.options.Logger.WarnContext(ctx, "test of a connection failed",
			"plugin", on.stored.Plugin, "connection", nameOf(on.stored), "error", err)
		return nil, &callError{err}
	}
}

// keep stores the result of a test of the saved settings. That nothing answered
// says nothing of them and is not stored.
func (s *Service) keep(
	ctx context.Context, on subject, response *apiv1.TestConnectionResponse,
) (*apiv1.TestConnectionResponse, error) {
	if !on.saved {
		return response, nil
	}
	result := store.CheckResult{
		Connection: on.stored.Key, Generation: on.stored.Generation,
		AccountID: on.stored.AccountID, AccountName: on.stored.AccountName, Now: s.now(),
	}
	switch response.GetCheckState() {
	case apiv1.CheckState_CHECK_STATE_PASSED:
		result.Check = store.Passed
		result.AccountID, result.AccountName = response.GetAccountId(), response.GetAccountName()
	case apiv1.CheckState_CHECK_STATE_FAILED:
		result.Check = store.Faulty // Whose account it was stays known.
	default:
		return response, nil
	}
	if err := s.options.Store.SetCheckResult(ctx, result); err != nil {
		return nil, s.find.Failed(ctx, err)
	}
	return response, nil
}
