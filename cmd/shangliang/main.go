// Command shangliang is the platform: it serves, and does from the command line
// what its keeper needs.
//
// The subcommands are the table commands; "shangliang help" prints it. It owns
// no rules: each command calls the packages that do the work.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// version is set by the linker.
var version = "dev"

// command is one subcommand. run gets its arguments after the flags were parsed.
type command struct {
	name, args, says string
	run              func(ctx context.Context, e env, args []string) error
}

// env is what a command has of the outside world.
type env struct {
	out, err io.Writer
	getenv   func(string) string
}

var commands = []command{
	{"serve", "[flags]", "start the platform", serve},
	{"demo", "[flags]", "start it with demonstration data, made if there is none", demonstrate},
	{"migrate", "[flags]", "bring the database's schema up to date and end", migrate},
	{"check", "DRAFT -tenant CODE -year YEAR [flags]", "check the figures of a draft against the records or a file", check},
	{"read", "FILE… [-json]", "read the figures of published work reports", read},
	{"figures", "-tenant CODE -year YEAR [flags]", "print the figures of a year", figures},
	{"backup", "[flags] FILE", "write everything into one zip file, while the platform serves", backUp},
	{"restore", "[flags] FILE", "bring a backup back into an empty place", restore},
	{"copy-files", "[-back] [flags]", "copy the stored files of the data folder into the bucket of -s3, or back", copyFiles},
	{"verify", "[flags] [FILE]", "prove that nothing was changed behind the platform's back, in a backup or the database", verify},
	{"doctor", "[-fix] [flags]", "find records that contradict each other, and mend them with consent", examine},
	{"version", "", "print the version", func(_ context.Context, e env, _ []string) error { fmt.Fprintln(e.out, version); return nil }},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], env{os.Stdout, os.Stderr, os.Getenv}))
}

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string, e env) int {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		usage(e.out)
		return 0
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		fmt.Fprintf(e.err, "shangliang: there is no command %q\n\n", args[0])
		usage(e.err)
		return 2
	}
	err := commands[i].run(ctx, e, args[1:])
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	fmt.Fprintln(e.err, "shangliang:", err)
	return 1
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "Shangliang, the platform of a consultative conference.\n\nusage: shangliang COMMAND")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-32s %s\n", c.name+" "+c.args, c.says)
	}
	fmt.Fprintln(w, "\nshangliang COMMAND -h lists the flags of a command.")
}

// errUsage ends with code 2; what is wrong was printed already.
var errUsage = errors.New("usage")

// flags makes the flag set of a command.
func (e env) flags(name, args string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(e.err)
	f.Usage = func() {
		fmt.Fprintf(e.err, "usage: shangliang %s %s\n", name, args)
		f.PrintDefaults()
	}
	return f
}

// parse reads the flags and checks how many arguments are left.
func parse(f *flag.FlagSet, args []string, least, most int) error {
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if n := f.NArg(); n < least || n > most {
		f.Usage()
		return errUsage
	}
	return nil
}

func (e env) log() *slog.Logger { return slog.New(slog.NewJSONHandler(e.err, nil)) }

// mixed parses flags that may stand before, between and behind the arguments,
// and wants at least one argument.
func mixed(f *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := parse(f, args, 0, len(args)); err != nil {
			return nil, err
		}
		if f.NArg() == 0 {
			break
		}
		rest = append(rest, f.Arg(0))
		args = f.Args()[1:]
	}
	if len(rest) == 0 {
		f.Usage()
		return nil, errUsage
	}
	return rest, nil
}
