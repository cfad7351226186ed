package main

import (
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A bar shows progress on stderr. A nil bar shows nothing.
type bar struct {
	progress *mpb.Progress
	bar      *mpb.Bar
}

// barDelay keeps bars away from what is quickly done.
const barDelay = 300 * time.Millisecond

// bytesBar counts bytes, itemsBar counts things. Both return nil unless stderr
// is a terminal.
func (a *app) bytesBar(doing string) *bar {
	return a.newBar(doing, decor.CountersKiloByte("% .1f / % .1f"), decor.AverageSpeed(decor.SizeB1000(0), "  % .1f"))
}

func (a *app) itemsBar(doing string) *bar {
	return a.newBar(doing, decor.CountersNoUnit("%d / %d"), decor.AverageSpeed(0, "  %.0f/s"))
}

func (a *app) newBar(doing string, counters ...decor.Decorator) *bar {
	if _, ok := terminal(a.stderr); !ok {
		return nil
	}
	delay := make(chan struct{})
	time.AfterFunc(barDelay, func() { close(delay) })
	p := mpb.New(mpb.WithOutput(a.stderr), mpb.WithRenderDelay(delay))
	b := p.AddBar(0,
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(doing+"  ", decor.WC{W: 12, C: decor.DindentRight})),
		mpb.AppendDecorators(counters...))
	return &bar{p, b}
}

// set says how far things are, of a total that may still be unknown (0).
func (b *bar) set(done, total uint64) {
	if b == nil {
		return
	}
	b.bar.SetTotal(int64(max(done, total)), false)
	b.bar.SetCurrent(int64(done))
}

// stop takes the bar away.
func (b *bar) stop() {
	if b != nil {
		b.bar.Abort(true)
		b.progress.Wait()
	}
}
