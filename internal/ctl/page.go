package ctl

import (
	"io"
	"iter"
)

const pageSize = 1000 // items asked for at a time

// pages walks a paged listing: page fetches the items after a token and says
// which token comes next, "" after the last page.
func pages[T any](page func(token string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for token := ""; ; {
			items, next, err := page(token)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if token = next; token == "" {
				return
			}
		}
	}
}

// head yields the first n items, all if n is 0, and calls cut if there are more.
func head[T any](items iter.Seq2[T, error], n uint, cut func()) iter.Seq2[T, error] {
	if n == 0 {
		return items
	}
	return func(yield func(T, error) bool) {
		left := n
		for item, err := range items {
			if left == 0 && err == nil {
				cut()
				return
			}
			if !yield(item, err) || err != nil {
				return
			}
			left--
		}
	}
}

// cut notes that a listing is not complete, which finish tells after it.
func (a *app) cut() { a.incomplete = true }

// stream walks the messages of a server's stream, and the items in each.
func stream[M, T any](l *link, recv func() (M, error), items func(M) []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			m, err := recv()
			if err == io.EOF {
				return
			}
			if err != nil {
				var none T
				yield(none, l.explain(err))
				return
			}
			for _, item := range items(m) {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}
