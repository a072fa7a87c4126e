package bridge

// backlog is what waits to be taken up, by name, in the order in which it came; but several owners' things are taken in turn,
// so that one who has much lets the others wait for no more than one of it.
type backlog struct {
	waiting map[string][]string // by owner
	turns   []string            // the owners of whom something waits, whose turn is next first
}

// push adds a name at the end of its owner's.
func (b *backlog) push(owner, name string) {
	if b.waiting == nil {
		b.waiting = map[string][]string{}
	}
	if len(b.waiting[owner]) == 0 {
		b.turns = append(b.turns, owner)
	}
	b.waiting[owner] = append(b.waiting[owner], name)
}

// pop takes the next name. It is false when nothing waits.
func (b *backlog) pop() (name string, ok bool) {
	if len(b.turns) == 0 {
		return "", false
	}
	owner := b.turns[0]
	b.turns = b.turns[1:]
	name, b.waiting[owner] = b.waiting[owner][0], b.waiting[owner][1:]
	if len(b.waiting[owner]) == 0 {
		delete(b.waiting, owner)
	} else {
		b.turns = append(b.turns, owner)
	}
	return name, true
}
