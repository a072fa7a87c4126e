package bridge

import (
	"context"
	"sync"
	"time"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/govern"
	"passerelle/portal/handover"
)

// informWithin is how old something may be that a contact is informed about: what is of the past informs nobody.
const informWithin = 24 * time.Hour

// informer tells each contact once, in their direct chat, what the administration has to tell those whose data it takes (GDPR,
// article 13): when something first crosses there. It is remembered in the database.
type informer struct {
	network *network
	due     chan govern.PortalKey
	seen    sync.Map // govern.PortalKey: nothing is to be told there any more
}

func newInformer(n *network) *informer {
	return &informer{network: n, due: make(chan govern.PortalKey, 64)}
}

// words is what contacts are told; none: nothing.
func (i *informer) words() portal.Words {
	return i.network.host.options.Contacts.Notice[i.network.Name]
}

// observe takes note of what was admitted. It does not wait: when much is due, the contact's next message is as good.
func (i *informer) observe(c portal.Crossing) {
	if len(i.words()) == 0 || c.Past || c.Kind == portal.KindNotice || time.Since(c.At) > informWithin {
		return
	}
	key := govern.PortalKey{Network: c.Network, ID: c.Portal, Receiver: c.Receiver}
	if _, done := i.seen.Load(key); done {
		return
	}
	select {
	case i.due <- key:
	default:
	}
}

// run informs contacts until ctx ends.
func (i *informer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case key := <-i.due:
			if _, done := i.seen.Load(key); done {
				continue
			}
			if err := i.inform(ctx, key); err != nil && ctx.Err() == nil {
				i.network.log.Warn().Err(err).Msg("A contact could not be told whom they talk to; it is tried again with their next message")
			}
		}
	}
}

func (i *informer) inform(ctx context.Context, key govern.PortalKey) error {
	n := i.network
	contact, err := n.host.directWith(ctx, key)
	if err != nil {
		return err
	}
	about := database.ContactKey{Network: n.Name, ID: contact}
	if contact == "" || !n.host.standing.contact(about).Informed.IsZero() {
		i.seen.Store(key, true)
		return nil
	}
	at, err := n.bridge().GetExistingPortalByKey(ctx, theirKey(key))
	if err != nil || !handover.HasRoom(at) {
		return err
	}
	if err := n.announce(ctx, at, i.words()); err != nil {
		return err
	}
	i.seen.Store(key, true)
	return n.host.standing.changeContact(ctx, about, func(note *database.ContactNote) { note.Informed = time.Now() })
}

// forget has a contact told again, since nothing is known of them any more.
func (i *informer) forget() { i.seen.Clear() }

// observed is a policy with somebody who learns what it admits.
type observed struct {
	portal.Policy
	host *Host
}

var _ portal.Hand = observed{}

// Judge asks the policy (see [portal.Policy]).
func (o observed) Judge(ctx context.Context, c portal.Crossing) (portal.Verdict, error) {
	verdict, err := o.Policy.Judge(ctx, c)
	if n := o.host.network(c.Network); err == nil && verdict.Outcome == portal.Admit && n != nil {
		n.informer.observe(c)
	}
	return verdict, err
}

// ByHand returns what administrators have set (see [portal.Hand]).
func (o observed) ByHand(ctx context.Context, c portal.Crossing) (portal.Verdict, error) {
	return o.host.standing.ByHand(ctx, c)
}
