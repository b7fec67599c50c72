package pool

import (
	"iter"
	"slices"
)

// longList is a sorted list that changes fast even with millions of elements: it consists of runs of at most longRun elements. Most
// lists are short and have one run. The zero value is an empty list.
//
// A function stands for a place in the list. It compares an element with the place: negative before it, positive after it, zero at it.
type longList[T comparable] struct {
	first []T
	rest  *[][]T // more runs, none empty; or nil
}

// longRun is a run's maximum length: to move that many elements costs about as much as to find the run.
const longRun = 512

func (l *longList[T]) runs() int {
	if l.rest == nil {
		return 1
	}
	return 1 + len(*l.rest)
}

func (l *longList[T]) run(i int) *[]T {
	if i == 0 {
		return &l.first
	}
	return &(*l.rest)[i-1]
}

// place finds the run, and the index in it, of the first element that is not before a place. If a whole run is before the place and
// the next run is not, that is the end of the first run.
func (l *longList[T]) place(at func(T) int) (run, i int, found bool) {
	if l.rest != nil {
		run, _ = slices.BinarySearchFunc(*l.rest, 0, func(r []T, _ int) int {
			if at(r[0]) > 0 {
				return 1
			}
			return -1
		})
	}
	i, found = slices.BinarySearchFunc(*l.run(run), 0, func(x T, _ int) int { return at(x) })
	return run, i, found
}

// insert adds an element at its place.
func (l *longList[T]) insert(x T, at func(T) int) {
	n, i, _ := l.place(at)
	run := l.run(n)
	if len(*run) < longRun {
		*run = slices.Insert(*run, i, x)
		return
	}
	if l.rest == nil {
		l.rest = new([][]T)
	}
	if i == len(*run) { // the usual case, as lists grow at their end
		if n == len(*l.rest) || len((*l.rest)[n]) == longRun {
			*l.rest = slices.Insert(*l.rest, n, []T{x})
		} else {
			(*l.rest)[n] = slices.Insert((*l.rest)[n], 0, x)
		}
		return
	}
	half := len(*run) / 2
	upper := slices.Clone((*run)[half:])
	clear((*run)[half:])
	*run = (*run)[:half]
	if i <= half {
		*run = slices.Insert(*run, i, x)
	} else {
		upper = slices.Insert(upper, i-half, x)
	}
	*l.rest = slices.Insert(*l.rest, n, upper)
}

// remove removes the element at a place, which must exist.
func (l *longList[T]) remove(at func(T) int) {
	n, i, _ := l.place(at)
	run := l.run(n)
	*run = slices.Delete(*run, i, i+1)
	if len(*run) > 0 || l.rest == nil {
		return
	}
	if n == 0 {
		l.first, n = (*l.rest)[0], 1
	}
	*l.rest = slices.Delete(*l.rest, n-1, n)
	if len(*l.rest) == 0 {
		l.rest = nil
	}
}

func (l *longList[T]) empty() bool { return len(l.first) == 0 }

// only reports whether the list has exactly one element.
func (l *longList[T]) only() bool { return len(l.first) == 1 && l.rest == nil }

// last returns the last element of a list that is not empty.
func (l *longList[T]) last() T {
	run := *l.run(l.runs() - 1)
	return run[len(run)-1]
}

// all iterates over the list, which must not change meanwhile.
func (l *longList[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range l.runs() {
			for _, x := range *l.run(i) {
				if !yield(x) {
					return
				}
			}
		}
	}
}

// find returns the element at a place. It reports false if no element is there.
func (l *longList[T]) find(at func(T) int) (x T, found bool) {
	n, i, found := l.place(at)
	if found {
		x = (*l.run(n))[i]
	}
	return x, found
}

// lastBefore returns the last wanted element before a place. It reports false if none exists.
func (l *longList[T]) lastBefore(at func(T) int, wanted func(T) bool) (x T, found bool) {
	n, end, _ := l.place(at)
	for ; n >= 0; n-- {
		run := *l.run(n)
		if end < 0 {
			end = len(run)
		}
		for i := end - 1; i >= 0; i-- {
			if wanted(run[i]) {
				return run[i], true
			}
		}
		end = -1
	}
	return x, false
}
