// Package rowtest is the conformance suite of connectors: the rows of a
// network's table of features, played as conversations between people over a
// real homeserver, the installed program and a simulated network.
//
// The rows that networks share are [Rows]: sub-tests whose names are sentences,
// in words of people and rooms. A network is handed in as a [Network] and its
// people as [Person]; what people can do there is told by the further
// interfaces of this package that a Person satisfies ([Editor], [Voter],
// [Founder], ...). A row whose people cannot do what it is about is skipped,
// and says so.
//
//	hall := rowtest.Open(t, network, world, bridge)
//	hall.Run(t, rowtest.Rows())
//
// One hall (a homeserver, the bridge, linked members of staff) serves all rows;
// each row gets contacts and rooms that nobody has met before. Rows that only
// one network has are written by whoever hands it in, with the same [Scene].
package rowtest
