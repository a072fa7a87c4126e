package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// firstSync is a world in which Claire's phone remembers chats, and a proxy that counts what the bridge asks of the
// homeserver.
type firstSync struct {
	*world
	proxy  *bridgetest.Proxy
	claire *bridgetest.Staff
	phone  *whatsapptest.Phone
	chats  int
}

// remembered is how many messages of each chat Claire's phone remembers. One of them is her own.
const remembered = 5

// newFirstSync starts the world. The chats were in use one after another: chat 0 is the newest.
func (b *bench) newFirstSync(ctx context.Context) (_ *firstSync, err error) {
	f := &firstSync{chats: b.chats}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	var failed error
	f.world, err = b.newWorld(ctx, "first sync", func(o *bridgetest.InstallOptions) {
		if f.proxy, failed = bridgetest.StartProxy(ctx, o.HomeserverURL); failed == nil {
			o.HomeserverURL = f.proxy.URL()
		}
	})
	if err = errors.Join(failed, err); err != nil {
		return nil, err
	}
	if f.claire, err = f.Homeserver.NewStaff(ctx, "claire"); err != nil {
		return nil, err
	}
	if f.phone, err = f.whatsapp.AddPerson("+33700000001", "Claire"); err != nil {
		return nil, err
	}
	return f, f.remember(time.Now().Add(-time.Minute))
}

// remember gives Claire's phone its chats. It comes to know them in any order: where people look first is for the bridge to
// find out.
func (f *firstSync) remember(newest time.Time) error {
	for _, chat := range rand.Perm(f.chats) {
		contact, err := f.whatsapp.AddPerson(fmt.Sprintf("+336120%05d", chat), fmt.Sprintf("Contact %d", chat))
		if err != nil {
			return err
		}
		for line := range remembered {
			from, at := contact, newest.Add(-time.Duration(chat)*time.Hour-time.Duration(remembered-line)*time.Minute)
			if line == 2 {
				from = f.phone
			}
			said := &waE2E.Message{Conversation: proto.String(textOf(nameOf(chat), line))}
			if _, err := f.phone.Remember(contact.Number(), from.Number(), at, said); err != nil {
				return err
			}
		}
	}
	return nil
}

func nameOf(chat int) string { return fmt.Sprintf("chat %d", chat) }

func (f *firstSync) close() error {
	var failed []error
	if f.claire != nil {
		failed = append(failed, f.claire.Stop())
	}
	if f.world != nil {
		failed = append(failed, f.world.close())
	}
	if f.proxy != nil {
		failed = append(failed, f.proxy.Close())
	}
	return errors.Join(failed...)
}

// firstSyncRun is what the first sync took.
type firstSyncRun struct {
	first, all time.Duration // from the phone's scan of the code until Claire's client has decrypted a message, and the last
	order      []int         // the chats, as their rooms came
	asked      requests
	cpu        cpu // of the bridge
	homeserver cpu
}

// run links the phone.
func (f *firstSync) run(ctx context.Context, b *bench) (r *firstSyncRun, err error) {
	_, code, err := f.asksForQR(ctx, f.claire)
	if err != nil {
		return nil, err
	}
	missing := map[string]int{}
	for chat := range f.chats {
		for line := range remembered {
			missing[textOf(nameOf(chat), line)] = chat
		}
	}
	stop, err := b.profileCPU(ctx, f.Bridge.PID(), "firstsync")
	if err != nil {
		return nil, err
	}
	spent, err := f.observe()
	if err != nil {
		return nil, err
	}
	since, recording, start := f.claire.Mark(), f.proxy.Record(), time.Now()
	if _, err := f.phone.ScanQR(ctx, code); err != nil {
		return nil, err
	}
	r = &firstSyncRun{}
	if _, err := f.claire.Waits(ctx, "her chats", func(h bridgetest.Heard) bool {
		chat, wanted := missing[h.Text]
		if !wanted {
			return false
		}
		delete(missing, h.Text)
		if len(r.order) == 0 {
			r.first = time.Since(start)
		}
		if !slices.Contains(r.order, chat) {
			r.order = append(r.order, chat)
		}
		return len(missing) == 0
	}, since); err != nil {
		return nil, fmt.Errorf("%d of %d messages have not come: %w", len(missing), f.chats*remembered, err)
	}
	r.all = time.Since(start)
	if _, err := awaitRest(ctx, f.Bridge); err != nil {
		return nil, err
	}
	r.asked = countRequests(recording.Stop(), f.claire.ID())
	r.cpu, r.homeserver, err = spent()
	return r, errors.Join(err, stop())
}

// observe returns a function that tells what CPU the bridge and the homeserver have taken since.
func (f *firstSync) observe() (spent func() (bridge, homeserver cpu, err error), err error) {
	read := func() (bridge, homeserver cpu, err error) {
		bridge, err = cpuTime(f.Bridge.PID())
		homeserver, failed := cpuTime(f.Homeserver.PID())
		return bridge, homeserver, errors.Join(err, failed)
	}
	bridge, homeserver, err := read()
	return func() (cpu, cpu, error) {
		b, h, err := read()
		return b.since(bridge), h.since(homeserver), err
	}, err
}

// outOfOrder tells how many rooms came before one that has newer messages, and how far from its place the one furthest from
// it came.
func outOfOrder(order []int) (count, furthest int) {
	for place, chat := range order {
		if slices.ContainsFunc(order[place+1:], func(later int) bool { return later < chat }) {
			count++
		}
		furthest = max(furthest, place-chat, chat-place)
	}
	return count, furthest
}

// measureFirstSync links an account with many direct chats.
func measureFirstSync(ctx context.Context, b *bench) (value, beside string, err error) {
	if err := errors.Join(b.closeConversation(), b.closeLogins()); err != nil {
		return "", "", err
	}
	b.say("starting another homeserver, simulated WhatsApp and bridge; Claire's phone remembers %d chats", b.chats)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f, err := b.newFirstSync(ctx)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	r, err := f.run(ctx, b)
	if err != nil {
		return "", "", err
	}
	b.say("requests a portal: %s", r.asked.perPortal(f.chats))
	count, furthest := outOfOrder(r.order)
	return fmt.Sprintf("%.1f / %.1f s; %.1f requests; %.1f ms", r.first.Seconds(), r.all.Seconds(),
			float64(r.asked.total())/float64(f.chats), r.cpu.each(f.chats)),
		fmt.Sprintf("from the phone's scan of the code, the linking with it; through a proxy that counts; without %.1f /sync, %.1f joins "+
			"of the double puppet and %.1f about avatars a portal; newest activity first: %d of %d rooms came before one that is "+
			"newer, none more than %d places from its own; the homeserver's CPU a portal: %.0f ms", r.asked.each(askedSync, f.chats), r.asked.each(askedPuppetJoin, f.chats),
			r.asked.each(askedAvatar, f.chats), count, f.chats, furthest, r.homeserver.each(f.chats)), nil
}

// requests are numbers of requests by their kinds.
type requests map[string]int

// Kinds of requests that are listed, and not counted.
const (
	askedSync       = "(sync)"
	askedAvatar     = "(avatar)"
	askedPuppetJoin = "(join of the double puppet)"
)

func countRequests(all []bridgetest.Request, staff id.UserID) requests {
	r := requests{}
	for _, one := range all {
		r[kindOf(one, staff)]++
	}
	return r
}

func kindOf(q bridgetest.Request, staff id.UserID) string {
	kind := q.Kind()
	switch {
	case kind == "GET sync":
		return askedSync
	case strings.Contains(kind, "avatar"), kind == "POST upload":
		return askedAvatar
	case kind == "PUT rooms/*/state/m.room.member/*" && q.Who() == staff: // as mautrix's custom puppets join
		return askedPuppetJoin
	}
	return kind
}

// total counts those that count.
func (r requests) total() (total int) {
	for kind, count := range r {
		if !strings.HasPrefix(kind, "(") {
			total += count
		}
	}
	return total
}

func (r requests) each(kind string, portals int) float64 { return float64(r[kind]) / float64(portals) }

// perPortal lists the kinds, the most frequent ones first.
func (r requests) perPortal(portals int) string {
	kinds := make([]string, 0, len(r))
	for kind := range r {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(x, y string) int {
		if r[x] != r[y] {
			return r[y] - r[x]
		}
		return strings.Compare(x, y)
	})
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%.2f %s", r.each(kind, portals), kind)
	}
	return strings.Join(kinds, ", ")
}
