package connections

import (
	"encoding/json"
	"fmt"
	"strconv"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// Sealer encrypts values bound to a context, as package seal does.
type Sealer interface {
	Seal(plaintext, context []byte) ([]byte, error)
	Open(sealed, context []byte) ([]byte, error)
}

// Vault seals and opens what connections keep secret. It is safe for concurrent
// use.
type Vault struct{ sealer Sealer }

// NewVault returns a vault that uses the sealer.
func NewVault(sealer Sealer) *Vault { return &Vault{sealer: sealer} }

// secretsContext binds secrets to the connection's name and plugin: its key is
// not known before it is created. Where a name is used again after a deletion,
// the deletion has erased what was sealed under it; the plugin is part of the
// context so that not even a restored row gives one system's secret to another.
func secretsContext(c store.Connection) []byte {
	return []byte("merchant/" + c.MerchantID + "/connection/" + c.ID + "/plugin/" + c.Plugin + "/secrets")
}

// stateContext binds plugin state to the connection's key, which is never used
// again, and to the settings that it was made with.
func stateContext(c store.Connection) []byte {
	return fmt.Appendf(nil, "connection/%d/generation/%d/plugin/%s/state", c.Key, c.Generation, c.Plugin)
}

// SealSecrets seals secrets for a connection whose merchant, id and plugin are
// set. No secrets make nil.
func (v *Vault) SealSecrets(c store.Connection, secrets map[string]string) ([]byte, error) {
	if len(secrets) == 0 {
		return nil, nil
	}
	plain, err := json.Marshal(secrets)
	if err != nil {
		return nil, fmt.Errorf("encode secrets of connection %q: %w", c.ID, err)
	}
	sealed, err := v.sealer.Seal(plain, secretsContext(c))
	if err != nil {
		return nil, fmt.Errorf("seal secrets of connection %q: %w", c.ID, err)
	}
	return sealed, nil
}

// OpenSecrets returns the secrets of a connection, an empty map if it has none.
// The error wraps that of the sealer and tells nothing of a value.
func (v *Vault) OpenSecrets(c store.Connection) (map[string]string, error) {
	secrets := map[string]string{}
	if len(c.Secrets) == 0 {
		return secrets, nil
	}
	plain, err := v.sealer.Open(c.Secrets, secretsContext(c))
	if err != nil {
		return nil, fmt.Errorf("open secrets of connection %q: %w", c.ID, err)
	}
	if json.Unmarshal(plain, &secrets) != nil { // Its error would show a part of the value.
		return nil, fmt.Errorf("open secrets of connection %q: what was sealed is not a map of texts", c.ID)
	}
	return secrets, nil
}

// SealState seals what a plugin asked to keep for a connection. No state makes
// nil.
func (v *Vault) SealState(c store.Connection, state []byte) ([]byte, error) {
	if len(state) == 0 {
		return nil, nil
	}
	sealed, err := v.sealer.Seal(state, stateContext(c))
	if err != nil {
		return nil, fmt.Errorf("seal plugin state of connection %q: %w", c.ID, err)
	}
	return sealed, nil
}

// PluginConnection returns the connection as it rides on a call of its plugin:
// the settings that the plugin declares, with defaults filled in, and its
// secrets and state in the clear. The caller must not log it.
func (v *Vault) PluginConnection(
	c store.Connection, description *pluginv1.Description,
) (*pluginv1.Connection, error) {
	secrets, err := v.OpenSecrets(c)
	if err != nil {
		return nil, err
	}
	onCall := &pluginv1.Connection{
		Uid:        strconv.FormatInt(c.Key, 10),
		Generation: uint64(c.Generation),
		MerchantId: c.MerchantID,
		AccountId:  c.AccountID,
		Settings:   effective(description, c.Settings),
		Secrets:    declaredSecrets(description, secrets),
	}
	if len(c.PluginState) > 0 {
		if onCall.State, err = v.sealer.Open(c.PluginState, stateContext(c)); err != nil {
			return nil, fmt.Errorf("open plugin state of connection %q: %w", c.ID, err)
		}
	}
	return onCall, nil
}

// effective returns the value of every setting that the plugin declares: the one
// given, or else the default. What the plugin does not declare it does not get.
func effective(description *pluginv1.Description, given map[string]string) map[string]string {
	values := make(map[string]string, len(description.GetSettings()))
	for _, field := range description.GetSettings() {
		if field.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET {
			continue
		}
		if value, ok := given[field.GetName()]; ok {
			values[field.GetName()] = value
		} else if field.GetDefaultValue() != "" {
			values[field.GetName()] = field.GetDefaultValue()
		}
	}
	return values
}

func declaredSecrets(description *pluginv1.Description, secrets map[string]string) map[string]string {
	declared := make(map[string]string, len(secrets))
	for _, field := range description.GetSettings() {
		value, ok := secrets[field.GetName()]
		if ok && field.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET {
			declared[field.GetName()] = value
		}
	}
	return declared
}
