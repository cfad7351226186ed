package hands

import (
	"slices"
	"strconv"
)

// sequenceFaults are in the order, the clocks and the number of frames. What
// happens to both streams leaves them in step.
func sequenceFaults() []faultPlan {
	plan := func(f Fault, checks string, do func(s *Set, sequence string, r int) []string) faultPlan {
		return faultPlan{fault: f, checks: checks, stage: 5, many: func(s *Set, n int) (keys []string) {
			r := s.lots(f)
			for _, first := range s.choose(f, n, func(sh *shot) bool { return frame(sh) && sh.frame == 0 && sh.stream == 0 }) {
				sequence := first.record.Attributes["sequence"]
				keys = append(keys, do(s, sequence, r.IntN(1<<30))...)
				s.change(func(sh *shot) bool { return sh.record.Attributes["sequence"] == sequence }, func(*shot) {})
			}
			return keys
		}}
	}
	return []faultPlan{
		{fault: CoverageHole, checks: "S5.coverage", stage: 5, many: digHoles},
		plan(FrameGap, "S5.gap", (*Set).cutFrames),
		plan(Swapped, "S5.mono", (*Set).swapFrames),
		plan(ClockBack, "S5.mono", (*Set).setBack),
		plan(Jitter, "S5.jitter", (*Set).shake),
		plan(Unsynced, "S5.sync", (*Set).delay),
		plan(ShortStream, "S5.sync", (*Set).shorten),
	}
}

// retime changes the clock of a frame.
func (s *shot) retime(add int) string {
	s.record.Attributes["time_us"] = strconv.Itoa(s.time() + add)
	return s.record.Key
}

func (s *shot) time() int {
	t, _ := strconv.Atoi(s.record.Attributes["time_us"])
	return t
}

// cutFrames takes up to five frames out of both streams, as a full buffer does:
// the others are numbered on.
func (s *Set) cutFrames(sequence string, r int) (keys []string) {
	count := s.stream(sequence, streams[0])
	n := min(5, len(count)-2)
	if n < 1 {
		return nil
	}
	from := 1 + r%(len(count)-1-n)
	keys = s.remove(func(sh *shot) bool {
		return sh.record.Attributes["sequence"] == sequence && sh.frame >= from && sh.frame < from+n
	})
	for _, name := range streams {
		left := s.stream(sequence, name)
		for i, sh := range left {
			sh.record.Attributes["frame"], sh.record.Attributes["frames"] = strconv.Itoa(i), strconv.Itoa(len(left))
		}
	}
	return keys
}

// swapFrames lets two neighboring frames of both streams change times.
func (s *Set) swapFrames(sequence string, r int) (keys []string) {
	for _, name := range streams {
		shots := s.stream(sequence, name)
		i := r % (len(shots) - 1)
		a, b := shots[i], shots[i+1]
		step := b.time() - a.time()
		keys = append(keys, a.retime(step), b.retime(-step))
	}
	return keys
}

// setBack sets the clock of both streams back in their middle. The keys are of
// the frames that come too early.
func (s *Set) setBack(sequence string, r int) (keys []string) {
	for _, name := range streams {
		shots := s.stream(sequence, name)
		from := 1 + r%(len(shots)-1)
		for _, sh := range shots[from:] {
			sh.retime(-frameTime - 10_000)
		}
		keys = append(keys, shots[from].record.Key)
	}
	return keys
}

// shake moves every other frame of both streams by a third of a frame's time.
func (s *Set) shake(sequence string, _ int) (keys []string) {
	for _, name := range streams {
		for i, sh := range s.stream(sequence, name) {
			if i%2 == 1 {
				keys = append(keys, sh.retime(frameTime/3))
			}
		}
	}
	return keys
}

// delay makes the second stream 40 ms later.
func (s *Set) delay(sequence string, _ int) (keys []string) {
	for _, sh := range s.stream(sequence, streams[1]) {
		keys = append(keys, sh.retime(40_000))
	}
	return keys
}

// shorten takes the last frame of the second stream away.
func (s *Set) shorten(sequence string, _ int) []string {
	shots := s.stream(sequence, streams[1])
	for _, sh := range shots {
		sh.record.Attributes["frames"] = strconv.Itoa(len(shots) - 1)
	}
	return s.remove(func(sh *shot) bool { return sh == shots[len(shots)-1] })
}

// digHoles takes all sequences of n combinations away, beginning with those of
// the first subject's gestures.
func digHoles(s *Set, n int) []string {
	var cells []string
	cell := func(sh *shot) string { return sh.class + " " + sh.seq.angle + " " + sh.seq.light + " " + sh.seq.motion }
	for _, sh := range s.shots {
		if frame(sh) && len(cells) < n && !slices.Contains(cells, cell(sh)) {
			cells = append(cells, cell(sh))
		}
	}
	return s.remove(func(sh *shot) bool { return frame(sh) && slices.Contains(cells, cell(sh)) })
}
