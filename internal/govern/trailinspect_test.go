package govern_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/inspect"
	"govd/internal/trail"
)

// TestTrailOfInspection: with the secret that is revealed at the end, the trail
// proves what was looked at, and that nobody could have chosen it.
func TestTrailOfInspection(t *testing.T) {
	h := newPanel(t)
	h.draw(smallDesign())
	aud := h.auditor()
	node := string(digits) + "@v1"
	if claims, err := h.verify(h.export(aud, node, govern.BundleFormat)); err != nil || slices.ContainsFunc(claims, func(c trail.Claim) bool { return strings.Contains(c.Claim, "judged") }) {
		t.Errorf("an open inspection: %v: %v", err, claims)
	}
	h.work(h.dan, 1, truth)
	file := h.export(aud, node, govern.BundleFormat)
	h.proves(file,
		"the secret of inspection 1 was committed to before version signs/digits@v1 was registered",
		"inspection 1 of version signs/digits@v1 was drawn", "inspection 1 ended, passed",
		"the secret of inspection 1 is the one that was committed to",
		"the sample of inspection 1 lies as its secret and its design give it",
		"all that was judged in inspection 1 stands on its sheet",
		"nobody who judged an item of inspection 1 had a hand in version signs/digits@v1",
		"the records that inspection 1 looked at are records of version signs/digits@v1")
	r, _, err := trail.OpenRedraw(bytes.NewReader(file), int64(len(file)), trail.Options{VerifierKey: h.Key}, 1)
	h.must(err)
	for _, key := range h.keys(1000) {
		h.must(r.Add(key, nil, false))
	}
	if claim, err := r.Close(); err != nil || !claim.Holds {
		t.Errorf("drawn again: %v: %+v", err, claim)
	}
	receiptOfSample(t, h, aud)
}

// receiptOfSample holds that a receipt, of which there may be one for every
// output, does without samples.
func receiptOfSample(t *testing.T, h *panel, aud *govtest.Actor) {
	t.Helper()
	output, _ := h.trained()
	file, err := h.Service.OutputReceipt(ctx, aud.Call(), output, 0)
	h.must(err)
	claims, err := h.verify(file)
	h.must(err)
	if len(file) > 60_000 || !slices.ContainsFunc(claims, func(c trail.Claim) bool {
		return c.Claim == "which records inspection 1 looked at is not shown"
	}) {
		t.Errorf("a receipt of %d bytes: %v", len(file), claims)
	}
}

// TestTrailKeepsGold: gold items that somebody brought may be used again, so the
// trail does not tell which they are.
func TestTrailKeepsGold(t *testing.T) {
	h := newPanel(t)
	var gold []govern.Gold
	for _, key := range h.keys(40) {
		gold = append(gold, govern.Gold{Key: key, Truth: inspect.Wrong, Shown: "palm"})
	}
	h.draw(smallDesign(), gold...)
	h.work(h.dan, 1, truth)
	file := h.export(h.auditor(), string(digits)+"@v1", govern.BundleFormat)
	h.proves(file, "inspection 1 ended, passed", "which records inspection 1 looked at is not shown")
	if bytes.Contains(file, []byte(gold[0].Key)) {
		t.Error("it tells of gold")
	}
	_, _, err := trail.OpenRedraw(bytes.NewReader(file), int64(len(file)), trail.Options{VerifierKey: h.Key}, 1)
	h.refused(err, "NO_SHEET")
}
