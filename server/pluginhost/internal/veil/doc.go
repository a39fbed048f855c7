// Package veil takes secrets and data of customers out of what a plugin writes, before
// anything of it is kept or shown (promise P8). A plugin that panics quotes what it likes.
//
// It knows the secrets that were ever sent to the plugin, without keeping them, and the
// people in the records that it has now or had just now; it recognises e-mail addresses,
// international telephone numbers and the usual forms of tokens by themselves. What is
// paraphrased it cannot know.
//
//	v := veil.New()
//	v.Connections(request.GetConnections())
//	defer v.Carry(request)()
//	...
//	line = v.Mask(line)
package veil
