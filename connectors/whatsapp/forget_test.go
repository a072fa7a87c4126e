package whatsapp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/store/sqlstore/upgrades"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

// rowsOf returns what whatsmeow's tables hold, and the logins' rows, a text a row.
func (w *world) rowsOf() (rows []string) {
	w.t.Helper()
	db := w.bridge.DB.Database
	tables := must[[]string](w.t)(dbutil.NewRowIterWithError(must[dbutil.Rows](w.t)(db.Query(w.t.Context(),
		`SELECT name FROM sqlite_master WHERE type = 'table' AND (name LIKE 'whatsmeow_%' OR name = 'user_login')`)),
		dbutil.ScanSingleColumn[string], nil).AsList())
	for _, table := range tables {
		found := must[dbutil.Rows](w.t)(db.Query(w.t.Context(), "SELECT * FROM "+table))
		columns := must[[]string](w.t)(found.Columns())
		for found.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := found.Scan(values...); err != nil {
				w.t.Fatal(err)
			}
			row := table
			for i, value := range values {
				if text, ok := (*value.(*any)).([]byte); ok {
					row += fmt.Sprintf(" %s=%s", columns[i], text)
				} else {
					row += fmt.Sprintf(" %s=%v", columns[i], *value.(*any))
				}
			}
			rows = append(rows, row)
		}
		found.Close()
	}
	slices.Sort(rows)
	return rows
}

// ofPeople leaves the rows of the tables that name people. Other tables change by themselves.
func ofPeople(rows []string) (some []string) {
	for _, row := range rows {
		table, _, _ := strings.Cut(row, " ")
		for _, moving := range []string{" session=", " sender_key=", " muted_until="} { // what changes with messages, and with the clock
			row, _, _ = strings.Cut(row, moving)
		}
		if table == "whatsmeow_lid_map" || slices.ContainsFunc(slices.Concat(personColumns(), addressColumns()), func(c column) bool { return c.table == table }) {
			some = append(some, row)
		}
	}
	return some
}

func TestAnErasedContactIsForgottenAndNobodyElse(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob, carol := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob"), w.phones.MustAddPerson("+33600000033", "Carol")
	a := w.link(alice, alicesPhone)
	group := must[string](t)(alicesPhone.CreateGroup("Harbour", bobNumber, carol.Number()))
	for _, phone := range []*whatsapptest.Phone{bob, carol} {
		must[string](t)(phone.Send(t.Context(), aliceNumber, phone.Name()+" alone"))
		in, _ := w.hears(phone.Name() + " alone")
		w.says(in, alice, text("To "+phone.Name()))
		must[string](t)(phone.Send(t.Context(), group, phone.Name()+" in the group"))
		w.hears(phone.Name() + " in the group")
		kept := a.client.Store
		for _, err := range []error{
			kept.Contacts.PutContactName(t.Context(), phone.LID(), phone.Name()+" of the harbour", phone.Name()),
			kept.Contacts.PutContactName(t.Context(), phone.PN(), phone.Name()+" of the harbour", phone.Name()),
			kept.ChatSettings.PutMutedUntil(t.Context(), phone.LID(), store.MutedForever),
			kept.MsgSecrets.PutMessageSecret(t.Context(), phone.LID(), phone.LID(), "M1", make([]byte, 32)),
			kept.PrivacyTokens.PutPrivacyTokens(t.Context(), store.PrivacyToken{User: phone.LID(), Token: []byte("token"), Timestamp: time.Now()}),
			a.wishOnce(t.Context(), portalID(phone.LID()), time.Now().Add(time.Minute)),
			a.doLater(t.Context(), due{Name: "pin/" + phone.Name(), At: time.Now().Add(time.Hour), Came: &arrival{Chat: phone.LID(), Sender: phone.PN(), ID: "P1"}}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if a.ownName(t.Context(), bob.LID()) == "" {
		t.Fatal("Bob has no name in the address book")
	}
	isBobs := func(row string) bool {
		return strings.Contains(row, bob.LID().User) || strings.Contains(row, bob.PN().User)
	}
	before := w.rowsOf()
	for _, table := range []string{"contacts", "chat_settings", "privacy_tokens", "message_secrets", "sessions", "identity_keys", "sender_keys", "lid_map"} {
		if !slices.ContainsFunc(before, func(row string) bool { return strings.HasPrefix(row, "whatsmeow_"+table+" ") && isBobs(row) }) {
			t.Errorf("the test has nothing of Bob's in %s", table)
		}
	}
	others := func(rows []string) []string { // Alice's own phone goes on working
		return slices.DeleteFunc(ofPeople(rows), func(row string) bool { return isBobs(row) || !strings.Contains(row, carol.LID().User) })
	}
	for _, when := range []string{"once", "again"} {
		left, err := w.connector.ForgetContact(t.Context(), userID(bob.LID()), say.French)
		if err != nil || !slices.Equal(left, []string{say.French.Say(say.StaysOnWhatsApp)}) {
			t.Fatalf("%s: it leaves %q, %v", when, left, err)
		}
		after := w.rowsOf()
		for _, row := range after {
			if isBobs(row) {
				t.Errorf("%s: there is still %s", when, row)
			}
			if strings.HasPrefix(row, "user_login") && !strings.Contains(row, carol.LID().User) {
				t.Errorf("%s: Carol was forgotten, too: %s", when, row)
			}
		}
		if got, want := others(after), others(before); !slices.Equal(got, want) {
			t.Errorf("%s: of others there is %.120q, want %.120q", when, got, want)
		}
		if name := a.ownName(t.Context(), bob.LID()); name != "" {
			t.Errorf("%s: Bob is still remembered as %q", when, name)
		}
		if phone, err := a.phone(t.Context(), bob.LID()); phone != "" || err != nil {
			t.Errorf("%s: Bob's number is still remembered, %v", when, err)
		}
	}
	// Bob's phone knows nothing of that, and writes on with its old keys.
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Me again"))
	in, _ := w.hears("Me again")
	must[string](t)(bob.Send(t.Context(), group, "Me again in the group"))
	w.hears("Me again in the group")
	w.says(in, alice, text("Whoever you are"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Whoever you are"))
	if phone, err := a.phone(t.Context(), bob.LID()); phone != bob.PN().User || err != nil {
		t.Errorf("who writes again has the number %q, %v", phone, err)
	}
}

func TestAnAccountOfStaffIsNotForgotten(t *testing.T) {
	w := newWorld(t)
	phone := w.phones.MustAddPerson(aliceNumber, "Alice")
	a := w.link(alice, phone)
	before := ofPeople(w.rowsOf())
	left, err := w.connector.ForgetContact(t.Context(), networkid.UserID(a.login.ID), say.English)
	if err != nil || !slices.Contains(left, say.English.Say(say.StaysStaffAccount)) {
		t.Errorf("it leaves %q, %v", left, err)
	}
	after := ofPeople(w.rowsOf())
	for _, row := range before {
		if !slices.Contains(after, row) {
			t.Errorf("%.80q… is gone", row)
		}
	}
}

// TestEveryColumnOfWhatsmeowsThatNamesSomebodyIsKnown fails when a new version of whatsmeow keeps more of contacts.
func TestEveryColumnOfWhatsmeowsThatNamesSomebodyIsKnown(t *testing.T) {
	w := newWorld(t)
	known := map[column]bool{{"whatsmeow_lid_map", "lid"}: true, {"whatsmeow_lid_map", "pn"}: true}
	for _, c := range slices.Concat(personColumns(), addressColumns()) {
		known[c] = true
	}
	// Of nobody but the account, of groups, of messages and keys alone, or of a row that another column names.
	for _, c := range []string{"device.jid", "device.lid", "sender_keys.chat_id", "pre_keys.jid", "pre_keys.key_id", "app_state_sync_keys.jid", "app_state_sync_keys.key_id",
		"app_state_version.jid", "app_state_mutation_macs.jid", "message_secrets.message_id", "retry_buffer.message_id", "device.facebook_uuid",
		"device.registration_id", "device.signed_pre_key_id", "contacts.redacted_phone"} {
		table, name, _ := strings.Cut(c, ".")
		known[column{"whatsmeow_" + table, name}] = true
	}
	rows := must[dbutil.Rows](t)(w.bridge.DB.Query(t.Context(), `SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p
		WHERE m.type = 'table' AND m.name LIKE 'whatsmeow_%' AND (p.name LIKE '%jid%' OR p.name LIKE '%id' OR p.name LIKE '%pn%' OR p.name LIKE '%phone%' OR p.name LIKE '%user%')`))
	defer rows.Close()
	seen := 0
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.table, &c.name); err != nil {
			t.Fatal(err)
		}
		if seen++; !known[c] && c.name != "our_jid" {
			t.Errorf("nobody has thought of %s.%s: is it removed when a contact is erased?", c.table, c.name)
		}
	}
	if seen < len(known) {
		t.Errorf("%d columns name somebody, and %d are known: some are gone", seen, len(known))
	}
}

func TestAContactIsForgottenOnPostgreSQL(t *testing.T) {
	pg := bridgetest.NewPostgres(t)
	whole := must[*dbutil.Database](t)(dbutil.NewWithDialect(pg.URI("postgres"), "postgres"))
	defer whole.Close()
	db := whole.Child("whatsmeow_version", upgrades.Table, nil)
	if err := sqlstore.NewWithWrappedDB(db, nil).Upgrade(t.Context()); err != nil {
		t.Fatal(err)
	}
	bob, number, stranger := types.NewJID("84512345678901", types.HiddenUserServer), types.NewJID("33612345678", types.DefaultUserServer), types.NewJID("845123456789011", types.HiddenUserServer)
	lids := sqlstore.NewCachedLIDMap(db)
	for lid, pn := range map[types.JID]types.JID{bob: number, stranger: types.NewJID("336123456789", types.DefaultUserServer)} {
		if err := lids.PutLIDMapping(t.Context(), lid, pn); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := forgetRows(t.Context(), db, bob, number); err != nil {
			t.Fatal(err)
		}
		left := must[[]string](t)(dbutil.NewRowIterWithError(must[dbutil.Rows](t)(db.Query(t.Context(), `SELECT lid FROM whatsmeow_lid_map`)), dbutil.ScanSingleColumn[string], nil).AsList())
		if !slices.Equal(left, []string{stranger.User}) {
			t.Errorf("there is %q", left)
		}
	}
}
