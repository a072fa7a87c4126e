// Bench measures the bridge in one run and prints a table of figures, each beside its aim and beside what mautrix-whatsapp
// took in the same shape on a comparable machine. It asserts none: it exits with 0 when all that was asked for was measured.
//
//	go run -tags goolm ./cmd/bench               measures everything: about a quarter of an hour
//	go run -tags goolm ./cmd/bench -only 1,2     measures some figures, by their numbers
//	go run -tags goolm ./cmd/bench -quick        measures little, to see that everything runs; the figures mean nothing
//	go run -tags goolm ./cmd/bench -only 1 -profile DIR
//	                                             writes CPU profiles of the bridge under load, too (go tool pprof)
//
// The real program runs between a real homeserver and the simulated networks. The simulators and the client that decrypts
// live in this process, and everything shares the machine. HOMESERVER=synapse measures on Synapse instead of Dendrite.
//
// Each figure has a file. The table goes to standard output, progress to standard error.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// figure is a row of the table.
type figure struct {
	name string
	aim  string
	peer string // what mautrix-whatsapp 26.08 took
	// measure returns the value, and what helps to judge it.
	measure func(context.Context, *bench) (value, beside string, err error)
}

// figures are the rows. Their numbers, for -only, begin at 1. Those about logins need worlds of their own.
var figures = []figure{
	{"2,000 texts from WhatsApp into 20 encrypted rooms: messages a second until a client has decrypted the last, over those of a bare appservice loop",
		"≥ 1.0", "1.03 (± 14 %)", measureThroughput},
	{"the bridge's CPU a message, inbound / outbound", "≤ 1.3 / 2.3 ms", "2.6 / 4.6 to 5.7 ms", measureCPU},
	{"latency WhatsApp to decrypted in the client at 2 messages a second, p50 / p99", "≤ 1.1 times the bare loop's",
		"32 to 36 / 70 to 450 ms", measureLatency},
	{"anonymous memory of the idle process / of each further idle login (100 logins)", "≤ 10 / 0.2 MiB",
		"9.9 / 0.31 MiB (RSS 38.7)", measureMemory},
	{"restart until 200 logins are connected", "≤ 1.0 s", "1.0 s", measureRestart},
	{"kill -9 a quarter of the way through a flood of 1,000 messages: lost / doubled", "0 / 0", "613 / 0", measureCrash},
	{"first sync of an account with 100 direct chats of 5 messages: until the first room / all messages are decrypted; requests to the homeserver a portal; the bridge's CPU a portal",
		"≤ 2 / 25 s; ≤ 12 requests; ≤ 20 ms", "38 / 57 s; 23 requests; 48 ms", measureFirstSync},
	{"2,000 updates from Telegram into 20 encrypted rooms: updates a second until a client has decrypted the last, over those of a bare appservice loop",
		"≥ 0.95", "not measured", measureTelegram},
	{"writing a decision down with the audit log, over without: one at a time / many at once", "≤ 1.3 / 1.0", "has none", measureAudit},
	{"the policy's decision about a text, with 100 rules that all have to be asked", "≤ 50 µs", "has none", measurePolicy},
}

// inConversation tells whether a figure is measured on the world with a conversation.
func inConversation(number int) bool { return number <= 3 || number == 6 }

// amounts is how much is measured.
type amounts struct {
	rooms    int // chats, and rooms of the bare loop
	inbound  int // texts from WhatsApp, and of the bare loop
	outbound int // texts to WhatsApp
	latency  int // texts for the latency, each way
	flood    int // texts of the flood with the kill
	idle     int // idle logins for the memory
	restart  int // logins for the restart
	restarts int
	chats    int // that an account has when it is linked
	// decisions that are written down in each round for the audit log
	decisions int
}

var (
	whole = amounts{rooms: 20, inbound: 2000, outbound: 1000, latency: 120, flood: 1000, idle: 100, restart: 200, restarts: 5, chats: 100, decisions: 2000}
	quick = amounts{rooms: 4, inbound: 80, outbound: 40, latency: 10, flood: 80, idle: 4, restart: 8, restarts: 2, chats: 8, decisions: 100}
)

func run(ctx context.Context, args []string, out, progress io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", "", "the `numbers` of the figures to measure, as 1,2; all without it")
	little := flags.Bool("quick", false, "measure little, to see that everything runs")
	profiles := flags.String("profile", "", "the `folder` for CPU profiles of the bridge under load")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	b := &bench{amounts: whole, progress: progress, profiles: *profiles}
	if *little {
		b.amounts = quick
	}
	if err := b.open(ctx); err != nil {
		return err
	}
	defer func() {
		if failed := b.close(); err == nil {
			err = failed
		}
	}()
	rows, err := measureAll(ctx, b, chosen)
	if err != nil {
		return err
	}
	printTable(out, rows, *little)
	return nil
}

// choose returns the numbers of the figures that are asked for, sorted.
func choose(only string) (chosen []int, err error) {
	if only == "" {
		for i := range figures {
			chosen = append(chosen, i+1)
		}
		return chosen, nil
	}
	for word := range strings.SplitSeq(only, ",") {
		number, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || number < 1 || number > len(figures) {
			return nil, fmt.Errorf("-only %s: there is no figure %q; choose from 1 to %d", only, word, len(figures))
		}
		chosen = append(chosen, number)
	}
	slices.Sort(chosen)
	return slices.Compact(chosen), nil
}

// row is a figure that was measured.
type row struct {
	number        int
	value, beside string
}

// measureAll measures the figures of one world, then those of the other: two worlds at once would disturb each other.
func measureAll(ctx context.Context, b *bench, chosen []int) (rows []row, err error) {
	slices.SortStableFunc(chosen, func(x, y int) int {
		if inConversation(x) == inConversation(y) {
			return x - y
		}
		if inConversation(x) {
			return -1
		}
		return 1
	})
	for _, number := range chosen {
		f := figures[number-1]
		b.say("figure %d: %s", number, f.name)
		value, beside, err := f.measure(ctx, b)
		if err != nil {
			return nil, fmt.Errorf("figure %d: %w", number, err)
		}
		b.say("figure %d: %s (%s)", number, value, beside)
		rows = append(rows, row{number, value, beside})
	}
	slices.SortFunc(rows, func(x, y row) int { return x.number - y.number })
	return rows, nil
}

func printTable(out io.Writer, rows []row, little bool) {
	fmt.Fprintf(out, "%s\n\n", machine())
	if little {
		fmt.Fprint(out, "A quick run: these figures mean nothing.\n\n")
	}
	fmt.Fprint(out, "| | figure | measured | aim | mautrix-whatsapp 26.08 | beside |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range rows {
		f := figures[r.number-1]
		fmt.Fprintf(out, "| %d | %s | **%s** | %s | %s | %s |\n", r.number, f.name, r.value, f.aim, f.peer, r.beside)
	}
}
