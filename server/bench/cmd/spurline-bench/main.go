// Command spurline-bench measures the whole pipe, see package bench. "make bench"
// builds and runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spurline/spurline/server/bench"
	"github.com/spurline/spurline/server/bench/remote"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) > 1 && os.Args[1] == "remote" {
		err = remote.Serve(ctx, os.Stdout)
	} else {
		err = measure(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "spurline-bench:", err)
		return 1
	}
	return 0
}

func measure(ctx context.Context) (err error) {
	flags := flag.NewFlagSet("spurline-bench", flag.ExitOnError)
	runner := &bench.Runner{Progress: os.Stderr}
	flags.IntVar(&runner.Rounds, "rounds", 1, "how often each case runs; the median is reported")
	flags.DurationVar(&runner.Warmup, "warmup", 2*time.Second, "`time` before what is measured")
	flags.DurationVar(&runner.Window, "window", 8*time.Second, "`time` that is measured")
	flags.StringVar(&runner.Dir, "dir", "", "`folder` for stores and logs (default: a temporary one)")
	flags.StringVar(&runner.CPUProfile, "cpuprofile", "", "`file` for a CPU profile of the server during one case")
	out := flags.String("json", "", "`file` for everything that was measured, as JSON")
	markdown := flags.Bool("markdown", false, "print Markdown")
	list := flags.Bool("list", false, "list the cases and end")
	if err := flags.Parse(os.Args[1:]); err != nil {
		return err
	}
	if *list {
		return printCases()
	}
	cases, err := bench.Select(flags.Args())
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	runner.Binaries = filepath.Dir(program)
	if runner.Dir == "" {
		if runner.Dir, err = os.MkdirTemp("", "spurline-bench-"); err != nil {
			return err
		}
		defer func() {
			if err == nil { // The logs tell what went wrong.
				err = os.RemoveAll(runner.Dir)
			}
		}()
	}
	report := bench.Report{Machine: bench.ThisMachine(), Rounds: runner.Rounds, Window: runner.Window.String()}
	failed := runner.Run(ctx, cases, func(result bench.Result) { report.Results = append(report.Results, result) })
	// What was measured is shown, whatever failed later.
	return errors.Join(failed, show(report, *markdown, *out))
}

func printCases() error {
	for _, c := range bench.Cases() {
		standard := " "
		if c.Standard {
			standard = "*"
		}
		if _, err := fmt.Fprintf(os.Stdout, "%s %-22s %s\n", standard, c.Name, c.About); err != nil {
			return err
		}
	}
	return nil
}

func show(report bench.Report, markdown bool, path string) (err error) {
	if path != "" {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		if err := errors.Join(report.JSON(file), file.Close()); err != nil {
			return err
		}
	}
	if markdown {
		return report.Markdown(os.Stdout)
	}
	return report.Text(os.Stdout)
}
