package whatsapp

import "testing"

func TestACommunityIsASpace(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	school, announcements, err := bob.CreateCommunity("School", aliceNumber)
	fine(t, err)
	must[string](t)(bob.Send(t.Context(), announcements, "School begins"))
	news, _ := w.hears("School begins")
	var space *room
	w.matrix.wait(t, "the space", func() bool {
		for _, r := range w.matrix.rooms {
			if r.space {
				space = r
			}
		}
		return space != nil && space.within[news.id]
	})
	if space.name != "School" || news.levels.EventsDefault != levelAdmin {
		t.Errorf("the space is %+v, its announcements %+v", space, news)
	}

	class := must[string](t)(bob.CreateSubGroup(school, "Class", aliceNumber))
	must[string](t)(bob.Send(t.Context(), class, "First lesson"))
	lessons, _ := w.hears("First lesson")
	w.matrix.wait(t, "the class in the space", func() bool { return space.within[lessons.id] })

	parents := must[string](t)(bob.CreateGroup("Parents", aliceNumber))
	must[string](t)(bob.Send(t.Context(), parents, "Who bakes?"))
	bakers, _ := w.hears("Who bakes?")
	w.matrix.wait(t, "the parents alone", func() bool { return !space.within[bakers.id] })
	// After a start, since bridgev2 looks at a new room's space in a goroutine of its own (bridgev2/space.go, AddPortalToSpace).
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
	w.stop()
	w.start()
	fine(t, bob.LinkGroup(school, parents))
	w.matrix.wait(t, "the parents in the space", func() bool { return space.within[bakers.id] })
	fine(t, bob.UnlinkGroup(school, parents))
	w.matrix.wait(t, "the parents out of the space", func() bool { return !space.within[bakers.id] })

	fine(t, bob.EndCommunity(school))
	w.matrix.wait(t, "the class out of the space", func() bool { return !space.within[lessons.id] })
	w.matrix.wait(t, "Alice out of the announcements", func() bool { return news.members[alice] == "leave" })
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
}
