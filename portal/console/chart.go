package console

import (
	"time"

	"passerelle/portal/govern"
)

// chart is the traffic of one network, drawn: each day has three bars, for what came in, what went out and what was refused.
type chart struct {
	Network          string
	In, Out, Refused int // together
	Days             []chartDay
	Lines            []chartLine
	Width, Height    int
	Left, Base       int // where the bars begin, and what they stand on
}

// chartDay is one day. Label is shown below every second one.
type chartDay struct {
	Traffic govern.Traffic
	Bars    []bar
	X       int // middle
	Label   bool
}

// bar is a rectangle.
type bar struct {
	Class               string // "in", "out", "refused"
	X, Y, Width, Height int
}

// chartLine is a line of the scale.
type chartLine struct{ Y, Value int }

const (
	chartWidth  = 720
	chartHeight = 190
	chartLeft   = 48
	chartTop    = 10
	chartBase   = 160
)

// drawChart draws the last days of a network, today the last.
func drawChart(network string, traffic []govern.Traffic, days int, now time.Time) chart {
	c := chart{Network: network, Width: chartWidth, Height: chartHeight, Left: chartLeft, Base: chartBase}
	byDay := map[time.Time]govern.Traffic{}
	for _, t := range traffic {
		if t.Network == network {
			byDay[t.Day.UTC()] = t
		}
	}
	today := now.UTC().Truncate(24 * time.Hour)
	most := 0
	for i := range days {
		day := today.AddDate(0, 0, i-days+1)
		t := byDay[day]
		t.Day, t.Network = day, network
		c.Days = append(c.Days, chartDay{Traffic: t})
		c.In, c.Out, c.Refused = c.In+t.In, c.Out+t.Out, c.Refused+t.Refused
		most = max(most, t.In, t.Out, t.Refused)
	}
	top := niceAbove(most)
	scale := func(value int) int { return value * (chartBase - chartTop) / top }
	for step := range 3 {
		value := top * step / 2
		c.Lines = append(c.Lines, chartLine{Y: chartBase - scale(value), Value: value})
	}
	slot := (chartWidth - chartLeft) / days
	width := max((slot-6)/3, 2)
	for i := range c.Days {
		day, x := &c.Days[i], chartLeft+i*slot
		day.X, day.Label = x+slot/2, (days-1-i)%2 == 0
		for n, b := range []struct {
			class string
			value int
		}{{"in", day.Traffic.In}, {"out", day.Traffic.Out}, {"refused", day.Traffic.Refused}} {
			height := scale(b.value)
			if b.value > 0 {
				height = max(height, 2)
			}
			day.Bars = append(day.Bars, bar{b.class, x + 3 + n*width, chartBase - height, width - 1, height})
		}
	}
	return c
}

// niceAbove returns a round even number that is not below value: 2, 10, 20, 50, 100, 200 …
func niceAbove(value int) int {
	if value <= 2 {
		return 2
	}
	for step := 10; ; step *= 10 {
		for _, nice := range []int{step, 2 * step, 4 * step, 6 * step} {
			if value <= nice {
				return nice
			}
		}
	}
}
