// Package cgroup gives each process of a plugin a control group of its own (cgroup v2),
// where the system delegates that to this process: the kernel itself keeps the process
// and all that it forks within its memory, tells when it did not suffice, and nothing
// that it forked can stay behind.
//
// It is no fence against malice: a plugin of the same user can write to the files.
//
//	tree, err := cgroup.Open(cgroup.Auto, "/var/lib/spurline")
//	if err != nil { ... } // The reason why there are none here.
//	group, err := tree.New("aftership", 2<<30)
//	... // Start the process in group.Dir().
//	killed := group.OutOfMemory()
//	err = group.Remove()
package cgroup
