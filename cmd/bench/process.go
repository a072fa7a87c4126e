package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"passerelle/bridge/bridgetest"
)

// clockTick is the unit of CPU times in /proc, which is 10 ms on Linux whatever the kernel's own is (USER_HZ, proc(5)).
const clockTick = 10 * time.Millisecond

// cpu is CPU time that a process has taken.
type cpu struct{ user, system time.Duration }

func (c cpu) total() time.Duration { return c.user + c.system }

// since returns what has been taken since before.
func (c cpu) since(before cpu) cpu { return cpu{c.user - before.user, c.system - before.system} }

// each returns the CPU of one of a count of messages, in milliseconds.
func (c cpu) each(count int) float64 { return c.total().Seconds() * 1000 / float64(count) }

// systemShare returns how much of it the kernel took, in percent.
func (c cpu) systemShare() float64 {
	return 100 * c.system.Seconds() / max(c.total(), clockTick).Seconds()
}

// cpuTime returns the CPU time that a process has taken since its start.
func cpuTime(pid int) (cpu, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return cpu{}, fmt.Errorf("read a process's CPU time: %w", err)
	}
	// The second field is the name in brackets, and may hold anything; utime and stime are the 14th and the 15th.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return cpu{}, errors.New("read a process's CPU time: too few fields")
	}
	user, err := strconv.ParseInt(string(fields[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[12]), 10, 64)
	return cpu{time.Duration(user) * clockTick, time.Duration(system) * clockTick}, errors.Join(err, err2)
}

// memory is what a process has in RAM, in MiB.
type memory struct {
	anonymous float64 // its heap and stacks
	resident  float64 // with the parts of the program's file and libraries that were used
}

// memoryOf reads a process's memory (RssAnon and VmRSS, proc(5)).
func memoryOf(pid int) (m memory, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m, fmt.Errorf("read a process's memory: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		var kib float64
		switch name {
		case "RssAnon":
			_, err = fmt.Sscanf(value, "%f kB", &kib)
			m.anonymous = kib / 1024
		case "VmRSS":
			_, err = fmt.Sscanf(value, "%f kB", &kib)
			m.resident = kib / 1024
		}
		if err != nil {
			return m, fmt.Errorf("read a process's memory: %w", err)
		}
	}
	return m, nil
}

// counters are the bridge's own metrics: the values of /metrics by the names with their labels.
type counters map[string]float64

func readCounters(ctx context.Context, bridge *bridgetest.Installation) (counters, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, bridge.Monitor()+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read the bridge's metrics: %w", err)
	}
	defer response.Body.Close()
	c := counters{}
	for lines := bufio.NewScanner(response.Body); ; {
		if !lines.Scan() {
			return c, lines.Err()
		}
		name, value, found := strings.Cut(lines.Text(), "} ")
		if !found {
			name, value, found = strings.Cut(lines.Text(), " ")
		} else {
			name += "}"
		}
		if number, err := strconv.ParseFloat(value, 64); found && err == nil {
			c[name] = number
		}
	}
}

// waiting returns how many events wait in the inbox and in the journal.
func (c counters) waiting() float64 {
	return c[`passerelle_queue_depth{network="whatsapp",queue="inbox"}`] + c[`passerelle_queue_depth{network="whatsapp",queue="journal"}`]
}

// leg returns the mean of a leg of the messages' way since before, in milliseconds.
func (c counters) leg(before counters, leg string) float64 {
	since := func(kind string) float64 {
		name := fmt.Sprintf(`passerelle_leg_seconds_%s{leg=%q,network="whatsapp"}`, kind, leg)
		return c[name] - before[name]
	}
	if count := since("count"); count > 0 {
		return since("sum") / count * 1000
	}
	return 0
}

// quietEvery is the pause between two looks at whether the bridge has come to rest. Looking costs it CPU, too.
const quietEvery = 100 * time.Millisecond

// awaitRest returns the bridge's counters once nothing waits in it.
func awaitRest(ctx context.Context, bridge *bridgetest.Installation) (counters, error) {
	for {
		now, err := readCounters(ctx, bridge)
		if err != nil || now.waiting() == 0 {
			return now, err
		}
		if err := pause(ctx, quietEvery); err != nil {
			return nil, fmt.Errorf("wait for the bridge to come to rest: %w", err)
		}
	}
}

// pause waits for a while, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// machine describes where the run took place, in a line.
func machine() string {
	model := runtime.GOARCH
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	kind, err := bridgetest.ChosenHomeserver()
	if err != nil {
		kind = "?"
	}
	return fmt.Sprintf("%s; %d cores (%s) for everything: the bridge, the homeserver (%s), the simulated networks, the client; %s.",
		time.Now().Format(time.DateOnly), runtime.NumCPU(), model, kind, runtime.Version())
}
