package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func startChecks() []Check {
	return []Check{
		{
			Number: 1, Name: "by-hand", needs: needsProgram, run: checkByHand,
			Demand: "without the cookie of a host it ends with a status other than 0 and tells on stderr that it is a plugin",
			Why:    "somebody who runs it by hand has to learn what it is, and no socket may stay behind",
		},
		{
			Number: 2, Name: "handshake", needs: needsProgram, run: checkHandshake,
			Demand: "the first line on stdout is the handshake, within 10 s, with a socket where it was told, " +
				"and the health service says that it serves",
			Why: "the host knows no other way to find it; whatever stands before the line breaks the start",
		},
		{
			Number: 3, Name: "one-time-tls", needs: needsStart, run: checkTLS,
			Demand: "if it answers the host's one-time certificate with one of its own, it talks to that host and nobody else",
			Why:    "other programs of the same user could call it with secrets of their choice",
		},
		{
			Number: 4, Name: "version-offer", needs: needsStart, run: checkVersions,
			Demand: "offered contract versions 1, 2 and 99 it answers 1",
			Why:    "a later host offers more than this one",
		},
		{
			Number: 5, Name: "describe", needs: needsStart, run: checkDescribe,
			Demand: "the description is valid and within the limits, and the same whenever and wherever it is asked for",
			Why:    "the host checks settings by it before the plugin ever sees them",
		},
		{
			Number: 6, Name: "contracts", needs: needsStart, run: checkContracts,
			Demand: "it serves the contracts that it describes and answers UNIMPLEMENTED on the others",
			Why:    "the host makes deliveries by the description alone",
		},
	}
}

func checkByHand(ctx context.Context, t *trial) error {
	p, err := t.spawn(launch{alone: true})
	if err != nil {
		return err
	}
	t.processes = append(t.processes, p)
	if !p.exitsWithin(ctx, startWithin) {
		return fmt.Errorf("it still runs after %s", startWithin)
	}
	select {
	case line := <-p.first:
		if strings.Count(line, "|") >= 4 {
			t.fault("it prints a handshake although nobody asked")
		}
	default:
	}
	if p.cmd.ProcessState.ExitCode() == 0 {
		t.fault("it ends with status 0, as if it had done something")
	}
	told := strings.ToLower(strings.Join(p.stderr.last(), "\n"))
	if !strings.Contains(told, "plugin") {
		t.fault("stderr does not say that it is a plugin")
	}
	return nil
}

func checkHandshake(ctx context.Context, t *trial) error {
	p, err := t.start(ctx, launch{})
	if err != nil {
		return err
	}
	ctx, cancel := t.within(ctx)
	defer cancel()
	health, err := grpc_health_v1.NewHealthClient(p.conn).Check(ctx,
		&grpc_health_v1.HealthCheckRequest{Service: "plugin"})
	if err != nil {
		return fmt.Errorf("grpc.health.v1.Health/Check of service \"plugin\": %w", p.explain(ctx, err))
	}
	if health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("the health of service \"plugin\" is %s", health.GetStatus())
	}
	return nil
}

func checkTLS(ctx context.Context, t *trial) error {
	own, err := newIdentity()
	if err != nil {
		return err
	}
	p, err := t.launched(ctx, launch{identity: own})
	if err != nil {
		return err
	}
	if p.handshake.certificate == nil {
		return notClaimed("it answers PLUGIN_CLIENT_CERT with no certificate: name it in the server's " +
			"plugin_without_tls; its socket is in a directory that only the server's user can enter")
	}
	if _, err := p.describe(ctx); err != nil {
		return fmt.Errorf("over TLS: %w", err)
	}
	stranger, err := newIdentity()
	if err != nil {
		return err
	}
	for who, as := range map[string]*identity{"a host with another certificate": stranger, "a host without TLS": nil} {
		conn, err := p.dial(as, p.handshake.certificate)
		if err != nil {
			return err
		}
		calling, cancel := t.within(ctx)
		_, err = pluginv1.NewExtraInterfaceServiceClient(conn).Describe(calling, &pluginv1.DescribeRequest{})
		cancel()
		_ = conn.Close()
		if err == nil {
			t.fault("it answers %s", who)
		}
	}
	return p.survived()
}

func checkVersions(ctx context.Context, t *trial) error {
	p, err := t.launched(ctx, launch{versions: "1,2,99"})
	if err != nil {
		return err
	}
	_, err = p.describe(ctx)
	return err
}

func checkDescribe(ctx context.Context, t *trial) error {
	if name := filepath.Base(t.binary); name != pluginv1.BinaryPrefix+t.name {
		t.fault("the program is called %s; a host looks for %sNAME", name, pluginv1.BinaryPrefix)
	}
	t.refuse("the description", pluginv1.ValidateDescription(t.name, t.description))
	if t.description.GetTitle() == "" {
		t.fault("the description: title: is missing")
	}
	if len(t.description.GetSetupSteps()) == 0 && len(t.description.GetSettings()) > 0 {
		t.fault("the description: setup_steps: are missing, so nobody knows how to connect")
	}
	first := encoded(t.description)
	for range 2 {
		p, err := t.process(ctx)
		if err != nil {
			return err
		}
		for range 2 {
			again, err := p.describe(ctx)
			if err != nil {
				return err
			}
			if !bytes.Equal(encoded(again), first) {
				t.fault("the description differs from one call to another")
			}
		}
	}
	return nil
}

func encoded(d *pluginv1.Description) []byte {
	raw, _ := proto.MarshalOptions{Deterministic: true}.Marshal(d)
	return raw
}

func checkContracts(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	for _, contract := range []pluginv1.Contract{
		pluginv1.Contract_CONTRACT_TRACKING_FORWARD, pluginv1.Contract_CONTRACT_ORDER_COPY,
	} {
		claimed := false
		for _, c := range t.contracts() {
			claimed = claimed || c == contract
		}
		calling, cancel := t.within(ctx)
		_, err := p.send(calling, batch{contract: contract}) // Without deliveries nothing happens.
		switch code := status.Code(err); {
		case claimed && err != nil:
			t.fault("%s: a call without deliveries: %v", contract, p.explain(calling, err))
		case !claimed && err == nil:
			t.fault("%s: is served, but not in the description", contract)
		case !claimed && code != codes.Unimplemented:
			t.fault("%s: is not in the description, and a call is answered %s", contract, code)
		}
		cancel()
	}
	if len(t.contracts()) == 0 {
		return errors.New("the description has no contract that this suite knows")
	}
	return nil
}
