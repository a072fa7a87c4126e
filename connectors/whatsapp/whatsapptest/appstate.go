package whatsapptest

import (
	"fmt"
	"strconv"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// patchesPerAnswer is how many patches the server sends at a time; a client asks again for the rest.
const patchesPerAnswer = 50

// macLengthAppState is the length of the MAC at the end of a mutation's value.
const macLengthAppState = 32

// collection is one of the account's app-state collections: patches that only the account's devices can read. The server's mutex
// guards it.
type collection struct {
	patches []*waServerSync.SyncdPatch
}

func (c *collection) version() uint64 { return uint64(len(c.patches)) }

// since returns at most patchesPerAnswer patches after a version, and whether there are more.
func (c *collection) since(version uint64) (patches []*waServerSync.SyncdPatch, more bool) {
	rest := c.patches[min(version, c.version()):]
	if len(rest) > patchesPerAnswer {
		return rest[:patchesPerAnswer], true
	}
	return rest, false
}

// commit appends a patch that was made on top of a version. It refuses one made on another, and one that would break readers.
func (c *collection) commit(base uint64, raw []byte) *stanzaError {
	var patch waServerSync.SyncdPatch
	if proto.Unmarshal(raw, &patch) != nil || len(patch.GetMutations()) == 0 || len(patch.GetSnapshotMAC()) == 0 {
		return errBadRequest
	}
	for _, mutation := range patch.GetMutations() {
		if len(mutation.GetRecord().GetValue().GetBlob()) <= macLengthAppState {
			return errBadRequest
		}
	}
	if base != c.version() {
		return errConflict
	}
	patch.Version = &waServerSync.SyncdVersion{Version: proto.Uint64(base + 1)}
	c.patches = append(c.patches, &patch)
	return nil
}

// snapshot sums up all patches: the last value of every index, under the last patch's MAC, which covers exactly those.
func (c *collection) snapshot() *waServerSync.SyncdSnapshot {
	last := c.patches[len(c.patches)-1]
	records := map[string]*waServerSync.SyncdRecord{}
	var order []string
	for _, patch := range c.patches {
		for _, mutation := range patch.GetMutations() {
			index := string(mutation.GetRecord().GetIndex().GetBlob())
			if _, known := records[index]; !known {
				order = append(order, index)
			}
			records[index] = mutation.GetRecord()
			if mutation.GetOperation() == waServerSync.SyncdMutation_REMOVE {
				records[index] = nil
			}
		}
	}
	snapshot := &waServerSync.SyncdSnapshot{Version: last.GetVersion(), Mac: last.GetSnapshotMAC(), KeyID: last.GetKeyID()}
	for _, index := range order {
		if record := records[index]; record != nil {
			snapshot.Records = append(snapshot.Records, record)
		}
	}
	return snapshot
}

// answerAppState takes patches and hands out those that the client does not have.
func (s *Server) answerAppState(d *device, q *query) ([]node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var answers []node
	for _, asked := range q.child.GetChildrenByTag("collection") {
		answer, err := s.syncCollection(d, &asked)
		if err != nil {
			return nil, err
		}
		answers = append(answers, answer)
	}
	return []node{{Tag: "sync", Content: answers}}, nil
}

// syncCollection answers for one collection. The caller holds the mutex.
func (s *Server) syncCollection(d *device, asked *node) (node, error) {
	name := text(asked, "name")
	c := d.owner.collections[name]
	if c == nil {
		c = &collection{}
		d.owner.collections[name] = c
	}
	from := number(asked, "version")
	answer := node{Tag: "collection", Attrs: attrs{"name": name}}
	var children []node
	patch, hasPatch := asked.GetOptionalChildByTag("patch")
	if hasPatch {
		if refusal := c.commit(from, content(&patch)); refusal != nil {
			answer.Attrs["type"] = "error"
			children = append(children, node{Tag: "error", Attrs: attrs{"code": strconv.Itoa(refusal.code), "text": refusal.text}})
			hasPatch = refusal != errConflict // a conflict comes with the patches that were missed
		} else {
			s.deliverAll(d.owner, d, notification("server_sync", types.ServerJID, node{
				Tag: "collection", Attrs: attrs{"name": name, "version": strconv.FormatUint(c.version(), 10)},
			}))
		}
	}
	answer.Attrs["version"] = strconv.FormatUint(c.version(), 10)
	if !hasPatch {
		rest, err := s.collectionContent(c, from, text(asked, "return_snapshot") == "true", answer.Attrs)
		if err != nil {
			return node{}, err
		}
		children = append(children, rest...)
	}
	answer.Content = children
	return answer, nil
}

// collectionContent returns a snapshot, if it was asked for and is worth it, or the patches after a version. The caller holds
// the mutex.
func (s *Server) collectionContent(c *collection, from uint64, snapshot bool, a attrs) ([]node, error) {
	if snapshot && len(c.patches) > s.options.SnapshotAfter {
		reference, err := s.uploadSnapshot(c.snapshot())
		if err != nil {
			return nil, err
		}
		return []node{{Tag: "snapshot", Content: reference}}, nil
	}
	patches, more := c.since(from)
	if more {
		a["has_more_patches"] = "true"
	}
	var list []node
	for _, patch := range patches {
		raw, err := proto.Marshal(patch)
		if err != nil {
			return nil, fmt.Errorf("marshal patch: %w", err)
		}
		list = append(list, node{Tag: "patch", Content: raw})
	}
	if list == nil {
		return nil, nil
	}
	return []node{{Tag: "patches", Content: list}}, nil
}

// uploadSnapshot stores a snapshot as media and returns the reference to it. The caller holds the mutex.
func (s *Server) uploadSnapshot(snapshot *waServerSync.SyncdSnapshot) ([]byte, error) {
	raw, err := proto.Marshal(snapshot)
	if err != nil {
		return nil, fmt.Errorf("marshal snapshot: %w", err)
	}
	key := randomBytes(32)
	sealed, err := sealMedia(raw, key, whatsmeow.MediaAppState)
	if err != nil {
		return nil, fmt.Errorf("encrypt snapshot: %w", err)
	}
	media := describeMedia(raw, sealed, key, s.storeMediaLocked(sealed, "application/octet-stream"), "")
	return proto.Marshal(&waServerSync.ExternalBlobReference{
		MediaKey: media.key, DirectPath: &media.directPath, Handle: proto.String(newID()), FileSizeBytes: &media.length,
		FileSHA256: media.sum, FileEncSHA256: media.encryptedSum,
	})
}
