// Package whatsapptest simulates WhatsApp: a server and the phones of its people, for unmodified whatsmeow clients.
//
// Clients reach it as they reach the real service: a TLS WebSocket on /ws/chat, a Noise_XX handshake, frames of binary XML,
// Signal sessions end to end, media over HTTPS. A phone is the primary device (device 0) of a person: it links companions by
// QR code or pairing code, sends, decrypts, sends receipts and keeps what its owner sees in an inbox. The phones of people
// without companions talk to each other as well.
//
//	server := whatsapptest.NewServer(t)
//	alice := server.MustAddPerson("+33612345678", "Alice")
//	client.SetWebsocketHTTPClient(server.HTTPClient()) // and the pre-login and media clients
//	...
//	alice.ScanQR(ctx, code)
//	alice.Send(ctx, "+4917012345678", "hello")
//	alice.WaitFor(ctx, func(e whatsapptest.Entry) bool { return e.Text == "hello back" })
//
// What holds:
//   - The server side of Noise and the phone's side of linking (ADV signatures, the pairing code's key exchange) are written
//     from the protocol and share no code with the client under test. The binary XML codec, the protobufs, libsignal and the
//     app-state encoder are shared with whatsmeow: a mistake there is invisible here.
//   - Every person has a phone number and a LID; the wire uses LIDs and carries the numbers beside them. A LID is derived
//     from the number, so that runs repeat.
//   - A stanza for a companion is kept until the companion acknowledges it, and comes again, marked offline, at the next login.
//   - A stanza that the server does not understand is recorded ([Server.Unknown]) and answered with an error; [NewServer]
//     fails the test that caused one.
//   - Nonsense from a client ends its connection at most; it never panics the process.
//   - [Server.Close] ends every goroutine and connection that the server started, and waits for them.
//   - Nothing sleeps: [Server.Advance] moves the phones' clocks, by which messages disappear and companions of phones that are off
//     are unlinked.
//
// Where it departs from the real service, or its form is not known (the comments say so at each place):
//   - A view-once message leaves companions out at the sender; a live location moves by further messages; requests to join a group
//     and changes of number are told as other clients read them, since whatsmeow does not.
//   - Who may add somebody to a group, sees when they were there last and gets their status posts goes by the address book alone.
//   - A call has its signals, not its sound. An invite to a group and a refusal (463, 479, ...) come by rule, not by conduct.
//   - A number change keeps the LID. Blocked people are told nothing; who wrote to whom is all that the lock on writing to
//     strangers knows.
//
// Limits: no rate limits, bans of its own accord or version checks; no channels, business accounts, payments, bots or usernames;
// companions have no status privacy lists. Passing here shows that a client accepts the server, not that the real service would
// accept the client.
//
// There is one Noise root key a process, because whatsmeow trusts one a process; see [TrustRoot] and [Options].
package whatsapptest
