// Package bench measures govd as a whole: the real daemon in a process of its
// own, driven over its API. Its figures and how they were taken are in
// docs/performance.md. Run it with "make bench".
package bench
