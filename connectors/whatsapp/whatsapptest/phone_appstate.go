package whatsapptest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"
)

// phoneState is a phone's copy of its account's app state, and the key that it is encrypted under. The phone's mutex guards it.
//
// The encoding is whatsmeow's, over stores of our own in memory.
type phoneState struct {
	keyID     []byte
	key       *waE2E.AppStateSyncKey
	processor *appstate.Processor
	memory    *stateMemory
}

func newPhoneState() (*phoneState, error) {
	st := &phoneState{keyID: randomBytes(6), memory: newStateMemory()}
	fingerprint := &waE2E.AppStateSyncKeyFingerprint{RawID: proto.Uint32(1), CurrentIndex: proto.Uint32(1), DeviceIndexes: []uint32{0, 1}}
	st.key = &waE2E.AppStateSyncKey{
		KeyID: &waE2E.AppStateSyncKeyId{KeyID: st.keyID},
		KeyData: &waE2E.AppStateSyncKeyData{
			KeyData: randomBytes(32), Timestamp: proto.Int64(time.Now().UnixMilli()), Fingerprint: fingerprint,
		},
	}
	raw, err := proto.Marshal(fingerprint)
	if err != nil {
		return nil, fmt.Errorf("marshal app state key: %w", err)
	}
	st.memory.keys[string(st.keyID)] = store.AppStateSyncKey{
		Data: st.key.GetKeyData().GetKeyData(), Fingerprint: raw, Timestamp: st.key.GetKeyData().GetTimestamp(),
	}
	st.processor = appstate.NewProcessor(&store.Device{AppStateKeys: st.memory, AppState: st.memory}, waLog.Noop)
	return st, nil
}

// ChangeAppState makes a change to the account's app state, as settings, contacts and chat marks are; the Build functions of
// whatsmeow's appstate package make most of them.
func (p *Phone) ChangeAppState(change appstate.PatchInfo) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx := p.server.ctx
	for {
		if err := p.catchUp(ctx, change.Type); err != nil {
			return fmt.Errorf("change app state: %w", err)
		}
		state := p.state.memory.versions[string(change.Type)]
		patch, err := p.state.processor.EncodePatch(ctx, p.state.keyID, state, change)
		if err != nil {
			return fmt.Errorf("encode app state: %w", err)
		}
		answer, err := p.askState(change.Type, state.Version, node{Tag: "patch", Content: patch})
		if err != nil {
			return fmt.Errorf("change app state: %w", err)
		}
		if text(answer, "type") != "error" {
			break
		}
		refusal := answer.GetChildByTag("error")
		if text(&refusal, "code") != "409" {
			return fmt.Errorf("change app state: server answered %s", answer.String())
		}
	}
	return p.catchUp(ctx, change.Type) // what was just sent comes back numbered
}

// askState asks the server about one collection.
func (p *Phone) askState(name appstate.WAPatchName, version uint64, children ...node) (*node, error) {
	collection := node{Tag: "collection", Attrs: attrs{"name": string(name), "version": fmt.Sprint(version), "return_snapshot": "false"}}
	if len(children) > 0 {
		collection.Content = children
	}
	answer, err := p.ask(iq("w:sync:app:state", "set", types.ServerJID, node{Tag: "sync", Content: []node{collection}}))
	if err != nil {
		return nil, err
	}
	found, ok := answer[0].GetOptionalChildByTag("collection")
	if !ok {
		return nil, errors.New("server answered without the collection")
	}
	return &found, nil
}

// catchUp reads the patches that the phone does not have, and notes what changed. The caller holds the mutex.
func (p *Phone) catchUp(ctx context.Context, name appstate.WAPatchName) error {
	for {
		state := p.state.memory.versions[string(name)]
		answer, err := p.askState(name, state.Version)
		if err != nil {
			return err
		}
		list, err := appstate.ParsePatchList(ctx, answer, nil)
		if err != nil {
			return fmt.Errorf("parse patches: %w", err)
		}
		mutations, _, err := p.state.processor.DecodePatches(ctx, list, state, true)
		if err != nil {
			return fmt.Errorf("decode patches: %w", err)
		}
		for _, mutation := range mutations {
			p.notice(Notice{Kind: NoticeAppState, Chat: string(name), Detail: strings.Join(mutation.Index, " ")})
			p.state.memory.values[strings.Join(mutation.Index, " ")] = mutation.Action
			p.applyMark(mutation.Index, mutation.Action)
		}
		if !list.HasMorePatches {
			return nil
		}
	}
}

// AppStateValue returns the last value of an app-state index, such as "mute 999…@lid"; nil if there is none.
func (p *Phone) AppStateValue(index ...string) *waSyncAction.SyncActionValue {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.memory.values[strings.Join(index, " ")]
}

// pullAppState catches up after a companion changed something.
func (p *Phone) pullAppState(n *node) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, changed := range n.GetChildrenByTag("collection") {
		if err := p.catchUp(p.server.ctx, appstate.WAPatchName(text(&changed, "name"))); err != nil {
			p.server.options.Log.Debug().Err(err).Msg("Phone cannot read an app-state change")
			p.notice(Notice{Kind: NoticeUndecryptable, Detail: err.Error()})
		}
	}
}

// publishName writes the owner's name to the app state, from which companions take it.
func (p *Phone) publishName() error { return p.ChangeAppState(appstate.BuildSettingPushName(p.Name())) }

// SaveContact writes a person into the owner's address book, from which companions take the name.
func (p *Phone) SaveContact(number, fullName string) error {
	other, err := p.server.lookUp(number)
	if err != nil {
		return fmt.Errorf("save contact: %w", err)
	}
	p.server.mu.Lock()
	p.owner.contacts[other] = true // phones upload the numbers of their address books
	p.server.mu.Unlock()
	first, _, _ := strings.Cut(fullName, " ")
	return p.ChangeAppState(appstate.PatchInfo{
		Type: appstate.WAPatchCriticalUnblockLow,
		Mutations: []appstate.MutationInfo{{
			Index: []string{appstate.IndexContact, other.pn().String()}, Version: 2,
			Value: &waSyncAction.SyncActionValue{ContactAction: &waSyncAction.ContactAction{
				FullName: &fullName, FirstName: &first, LidJID: proto.String(other.lid.String()),
			}},
		}},
	})
}

// Mute mutes a chat for a while, for good without a duration, or lets it sound again.
func (p *Phone) Mute(chat string, muted bool, d time.Duration) error {
	return p.markChat(chat, func(jid types.JID) appstate.PatchInfo { return appstate.BuildMute(jid, muted, d) })
}

// Pin pins a chat, or unpins it.
func (p *Phone) Pin(chat string, pinned bool) error {
	return p.markChat(chat, func(jid types.JID) appstate.PatchInfo { return appstate.BuildPin(jid, pinned) })
}

// Archive archives a chat, or takes it out of the archive.
func (p *Phone) Archive(chat string, archived bool) error {
	return p.markChat(chat, func(jid types.JID) appstate.PatchInfo {
		return appstate.BuildArchive(jid, archived, time.Now(), nil)
	})
}

func (p *Phone) markChat(chat string, build func(types.JID) appstate.PatchInfo) error {
	jid, err := p.resolve(chat)
	if err != nil {
		return fmt.Errorf("mark chat: %w", err)
	}
	return p.ChangeAppState(build(jid))
}

// shareStateKey gives the app-state key to a companion, which then reads everything. The caller holds the mutex.
func (p *Phone) shareStateKey(ctx context.Context, to *device) error {
	return p.sendPeer(ctx, to, &waE2E.ProtocolMessage{
		Type:                 waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum(),
		AppStateSyncKeyShare: &waE2E.AppStateSyncKeyShare{Keys: []*waE2E.AppStateSyncKey{p.state.key}},
	})
}

// stateMemory keeps what the app-state encoder needs.
type stateMemory struct {
	keys     map[string]store.AppStateSyncKey
	versions map[string]appstate.HashState
	macs     map[string][]byte // by collection and index MAC
	values   map[string]*waSyncAction.SyncActionValue
}

var (
	_ store.AppStateSyncKeyStore = (*stateMemory)(nil)
	_ store.AppStateStore        = (*stateMemory)(nil)
)

func newStateMemory() *stateMemory {
	return &stateMemory{
		keys: map[string]store.AppStateSyncKey{}, versions: map[string]appstate.HashState{}, macs: map[string][]byte{},
		values: map[string]*waSyncAction.SyncActionValue{},
	}
}

func (m *stateMemory) PutAppStateSyncKey(_ context.Context, id []byte, key store.AppStateSyncKey) error {
	m.keys[string(id)] = key
	return nil
}

func (m *stateMemory) GetAppStateSyncKey(_ context.Context, id []byte) (*store.AppStateSyncKey, error) {
	if key, ok := m.keys[string(id)]; ok {
		return &key, nil
	}
	return nil, nil
}

func (m *stateMemory) GetLatestAppStateSyncKeyID(context.Context) ([]byte, error) {
	for id := range m.keys {
		return []byte(id), nil // a phone has one
	}
	return nil, nil
}

func (m *stateMemory) GetAllAppStateSyncKeys(context.Context) ([]*store.AppStateSyncKey, error) {
	var all []*store.AppStateSyncKey
	for _, id := range slices.Sorted(maps.Keys(m.keys)) {
		key := m.keys[id]
		all = append(all, &key)
	}
	return all, nil
}

func (m *stateMemory) PutAppStateVersion(_ context.Context, name string, version uint64, hash [128]byte) error {
	m.versions[name] = appstate.HashState{Version: version, Hash: hash}
	return nil
}

func (m *stateMemory) GetAppStateVersion(_ context.Context, name string) (uint64, [128]byte, error) {
	state := m.versions[name]
	return state.Version, state.Hash, nil
}

func (m *stateMemory) DeleteAppStateVersion(_ context.Context, name string) error {
	delete(m.versions, name)
	return nil
}

func (m *stateMemory) PutAppStateMutationMACs(_ context.Context, name string, _ uint64, mutations []store.AppStateMutationMAC) error {
	for _, mutation := range mutations {
		m.macs[name+" "+string(mutation.IndexMAC)] = mutation.ValueMAC
	}
	return nil
}

func (m *stateMemory) DeleteAppStateMutationMACs(_ context.Context, name string, indexes [][]byte) error {
	for _, index := range indexes {
		delete(m.macs, name+" "+string(index))
	}
	return nil
}

func (m *stateMemory) GetAppStateMutationMAC(_ context.Context, name string, index []byte) ([]byte, error) {
	return m.macs[name+" "+string(index)], nil
}
