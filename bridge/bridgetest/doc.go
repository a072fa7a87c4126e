// Package bridgetest is the world around a bridge, for tests and
// demonstrations: real parts, thrown away afterwards, all on 127.0.0.1.
//
//   - [Homeserver] is a Matrix homeserver: Dendrite, built once from a module of
//     its own in the folder dendrite, or Synapse out of a chroot that
//     synapse.sh makes. It can be restarted and killed.
//   - [Installation] is the real program, installed as an administrator would;
//     a [Site] is a homeserver and such an installation beside it.
//   - [Staff] is a person with an account there and an end-to-end encrypted
//     client, who speaks, listens and remembers in order what she heard.
//   - [Postgres] is a PostgreSQL server from the machine's own programs.
//   - [Proxy] stands between two programs, records what passes, and fails on
//     demand as networks do.
//
// These need no test: they take contexts and return errors. In a test,
// [NewWorld], [NewPostgres] and [NewProxy] end with it, and an [Actor] is a
// Staff whose lines need neither contexts nor errors:
//
//	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
//	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")
//	room := alice.StartsChatWith(bob.ID())
//	alice.Says(room, "hello")
//	bob.Hears(room, "hello")
//
// A package whose tests share one homeserver starts it in TestMain with
// [StartHomeserver] and gives the tests &World{Homeserver: hs}; a homeserver of
// one's own takes less than half a second on Dendrite and some seconds on
// Synapse.
//
// The rule for waiting: nothing sleeps. A wait ends when its condition holds,
// with its context or, when that has no deadline, after
// [Patience].
//
// No process outlives the program that started it: on Linux the kernel sees to
// that even when the program is killed. The package runs on Unix.
//
// The environment decides:
//
//   - HOMESERVER: dendrite (the default) or synapse, which needs root. How a
//     bridge can encrypt depends on it: see [Homeserver.Kind].
//   - PASSERELLE_ENCRYPTION: how installed bridges get their keys on Synapse:
//     device (the default), login or transactions.
//   - PASSERELLE_DENDRITE: a Dendrite program to use instead of building one.
//   - PASSERELLE_SYNAPSE_KIT: the folder that holds the installed Synapse.
//   - PASSERELLE_NO_POSTGRES: 1 skips the tests on PostgreSQL.
//
// Unless told otherwise, built and installed programs are kept in the
// user's cache folder, in passerelle.
package bridgetest
