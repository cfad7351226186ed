package lineage

// A numbers is a set of them. Numbers are given in the order of the log, so those
// of one answer come in clusters: each has its bits in one page.
type numbers struct {
	pages map[Number]*numberPage
	at    Number // of last
	last  *numberPage
}

const pageNumbers = 512

type numberPage [pageNumbers / 64]uint64

func (s *numbers) page(n Number) *numberPage {
	if at := n / pageNumbers; at != s.at || s.last == nil {
		s.at, s.last = at, s.pages[at]
	}
	return s.last
}

func (s *numbers) has(n Number) bool {
	p := s.page(n)
	return p != nil && p[n%pageNumbers/64]>>(n%64)&1 == 1
}

func (s *numbers) add(n Number) {
	p := s.page(n)
	if p == nil {
		if s.pages == nil {
			s.pages = map[Number]*numberPage{}
		}
		p = new(numberPage)
		s.pages[s.at], s.last = p, p
	}
	p[n%pageNumbers/64] |= 1 << (n % 64)
}
