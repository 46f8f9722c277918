package delivery

import "context"

// find looks something of an account up, unless no says that there can be nothing
// with such an id.
func find[T any](ctx context.Context, look func(ctx context.Context, account, id string) (T, error), no func(id string) error, account, id string) (found T, err error) {
	if err := no(id); err != nil {
		return found, err
	}
	return look(ctx, account, id)
}
