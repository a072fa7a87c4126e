package main

import (
	"testing"

	"passerelle/bridge/bridgetest/rowtest"
)

// TestRowsOfTelegram plays the rows of docs/features.md: those that networks share, and those that only Telegram has.
func TestRowsOfTelegram(t *testing.T) {
	s := newTelegramStage(t, "")
	network := newTelegramRows(s)
	hall := rowtest.Open(t, network, s.World, s.bridge)
	hall.Run(t, rowtest.Rows())
}
