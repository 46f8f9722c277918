package delivery

import "container/heap"

// agenda is the heap of lanes that need the Worker, by when.
type agenda []*lane

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a agenda) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].index, a[j].index = i, j
}

// Push adds a lane; it is for package heap.
func (a *agenda) Push(x any) {
	l := x.(*lane)
	l.index = len(*a)
	*a = append(*a, l)
}

// Pop takes the last lane; it is for package heap.
func (a *agenda) Pop() any {
	old := *a
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*a = old[:len(old)-1]
	l.index = -1
	return l
}

// put gives the lane the place that its time asks for.
func (a *agenda) put(l *lane) {
	if l.index >= 0 {
		heap.Fix(a, l.index)
		return
	}
	heap.Push(a, l)
}

// remove takes the lane out, if it is there.
func (a *agenda) remove(l *lane) {
	if l.index >= 0 {
		heap.Remove(a, l.index)
	}
}
