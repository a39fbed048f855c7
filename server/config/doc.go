// Package config reads what an operator sets.
//
// Each setting has one name in three spellings: the flag --data-dir, the
// environment variable SPURLINE_DATA_DIR and the key data_dir of the YAML file
// named by --config or SPURLINE_CONFIG. A flag wins over the environment, the
// environment over the file, the file over the default. Everything that is wrong
// is told at once, each fault with the setting, where its value came from, the
// rule and so what to do.
//
//	config.Flags(command.Flags())
//	...
//	settings, err := config.Load(command.Flags(), os.Environ())
package config
