// Package inventory speaks the Zoho Inventory API, version 1: its data centres,
// requests, answers and what its codes mean. It knows nothing of Spurline's records.
//
// How Zoho behaves is told by the Zoho Inventory reference of the project, whose
// sections the comments name. What is uncertain there is read tolerantly: a member
// may be missing, of another type, or under another name that was seen.
package inventory
