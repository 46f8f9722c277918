package delivery

import "container/heap"

// ranking is a heap of items that know their place in it, which is -1 outside.
type ranking[T any] struct {
	items []T
	less  func(a, b T) bool
	place func(T) *int
}

// first returns the item that ranks first; there must be one.
func (r *ranking[T]) first() T { return r.items[0] }

func (r *ranking[T]) empty() bool { return len(r.items) == 0 }

// put gives the item the place that it has earned, be it in already or not.
func (r *ranking[T]) put(item T) {
	if i := *r.place(item); i >= 0 {
		heap.Fix(r, i)
		return
	}
	heap.Push(r, item)
}

// remove takes the item out, if it is in.
func (r *ranking[T]) remove(item T) {
	if i := *r.place(item); i >= 0 {
		heap.Remove(r, i)
	}
}

// The methods of heap.Interface.

func (r *ranking[T]) Len() int           { return len(r.items) }
func (r *ranking[T]) Less(i, j int) bool { return r.less(r.items[i], r.items[j]) }
func (r *ranking[T]) Swap(i, j int) {
	r.items[i], r.items[j] = r.items[j], r.items[i]
	*r.place(r.items[i]), *r.place(r.items[j]) = i, j
}

func (r *ranking[T]) Push(x any) {
	*r.place(x.(T)) = len(r.items)
	r.items = append(r.items, x.(T))
}

func (r *ranking[T]) Pop() any {
	var none T
	last := len(r.items) - 1
	item := r.items[last]
	r.items[last] = none
	r.items = r.items[:last]
	*r.place(item) = -1
	return item
}
