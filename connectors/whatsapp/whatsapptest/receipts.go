package whatsapptest

import (
	"maps"

	"go.mau.fi/whatsmeow/types"
)

// Kinds of receipts (whatsmeow types, ReceiptType). The empty kind says that a message was delivered.
const (
	receiptDelivered = ""
	receiptInactive  = "inactive"
	receiptSender    = "sender"
	receiptPeer      = "peer_msg"
	receiptHistory   = "hist_sync"
	receiptRetry     = "retry"
	receiptRead      = "read"
	receiptReadSelf  = "read-self"
	receiptPlayed    = "played"
	receiptError     = "server-error"
)

// handleReceipt acknowledges a receipt and passes it on to whom it concerns.
func (s *Server) handleReceipt(from *device, n *node) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	to, kind := jidOf(n, "to"), text(n, "type")
	ack := node{Tag: "ack", Attrs: attrs{"class": "receipt", "id": text(n, "id"), "from": to}}
	if kind != "" {
		ack.Attrs["type"] = kind
	}
	from.transmit(ack)
	switch kind {
	case receiptDelivered, receiptInactive:
		from.acknowledged("message", text(n, "id"), to)
		s.relayReceipt(from, n)
	case receiptSender: // the device that sent a message learns which others of its owner's have it
		from.acknowledged("message", text(n, "id"), to)
		if sender := s.deviceOf(to); sender != nil && sender.owner == from.owner && sender != from {
			source := attrs{"from": from.lid()}
			if recipient := jidOf(n, "recipient"); !recipient.IsEmpty() {
				source["recipient"] = recipient
			}
			s.deliver(sender, receiptFrom(n, source))
		}
	case receiptPeer, receiptHistory, receiptError:
		from.acknowledged("message", text(n, "id"), to)
		if toOwnPhone(from, to) { // about what the phone sent to its companion, or should upload again
			s.deliver(from.owner.devices[0], receiptFrom(n, attrs{"from": from.lid()}))
		}
	case receiptRetry:
		s.relayRetry(from, n)
	case receiptRead, receiptPlayed:
		s.relayReceipt(from, n)
		s.tellOwnDevices(from, n)
	case receiptReadSelf:
		s.tellOwnDevices(from, n)
	default:
		return errNotUnderstood
	}
	return nil
}

// relayReceipt passes a receipt on to all devices of a message's author. The caller holds the mutex.
func (s *Server) relayReceipt(from *device, n *node) {
	to := jidOf(n, "to")
	author, source, named := s.personOf(to), attrs{"from": from.direct()}, "from"
	if ofMany(to) {
		author, source, named = s.personOf(jidOf(n, "participant")), s.sourceIn(to, from), "participant"
	}
	if kind := text(n, "type"); kind == receiptRead || kind == receiptPlayed { // a person reads, a device receives
		source[named] = source[named].(types.JID).ToNonAD()
	}
	if author != nil && author != from.owner {
		s.deliverAll(author, nil, receiptFrom(n, source))
	}
}

// sourceIn says which device something in a group, a status post or a broadcast list comes from, under both its names. The caller
// holds the mutex.
func (s *Server) sourceIn(chat types.JID, d *device) attrs {
	if g := s.groups[chat]; g != nil {
		return g.source(d)
	}
	return attrs{"from": chat, "participant": d.lid(), "participant_pn": d.owner.pn(), "addressing_mode": "lid"}
}

// tellOwnDevices lets a person's other devices know what was read. The caller holds the mutex.
func (s *Server) tellOwnDevices(from *device, n *node) {
	to := jidOf(n, "to")
	source := attrs{"from": from.lid(), "recipient": to}
	if ofMany(to) {
		source = s.sourceIn(to, from)
		source["recipient"] = jidOf(n, "participant")
	}
	s.deliverAll(from.owner, from, receiptFrom(n, source))
}

// relayRetry passes a request to send a message again on to the one device that sent it. The caller holds the mutex.
func (s *Server) relayRetry(from *device, n *node) {
	to := jidOf(n, "to")
	target, source := s.deviceOf(to), attrs{"from": from.direct()}
	if ofMany(to) {
		target = s.deviceOf(jidOf(n, "participant"))
		source = s.sourceIn(to, from)
	}
	if recipient := jidOf(n, "recipient"); !recipient.IsEmpty() {
		source["recipient"] = recipient
	}
	if target != nil {
		s.deliver(target, receiptFrom(n, source))
	}
}

// receiptFrom rewrites a receipt for whom it is passed on to.
func receiptFrom(n *node, source attrs) node {
	a := attrs{"id": text(n, "id"), "t": unixNow()}
	if kind := text(n, "type"); kind != "" {
		a["type"] = kind
	}
	maps.Copy(a, source)
	return node{Tag: "receipt", Attrs: a, Content: n.Content}
}
