package sdk

import (
	"fmt"
	"io"
	"reflect"
)

// misfits returns methods that have the name of an ability but not its
// signature, or that only the pointer to the type has. Both would silently be no
// ability.
func misfits(t reflect.Type) []error {
	var faults []error
	for _, ability := range []reflect.Type{
		reflect.TypeFor[TrackingForwarder](), reflect.TypeFor[OrderCopier](), reflect.TypeFor[Checker](),
		reflect.TypeFor[TrackingPreviewer](), reflect.TypeFor[OrderPreviewer](), reflect.TypeFor[io.Closer](),
	} {
		if t.Implements(ability) {
			continue
		}
		method := ability.Method(0)
		if _, named := t.MethodByName(method.Name); named {
			faults = append(faults, fmt.Errorf("instance: %s: method %s is not %s", t, method.Name, method.Type))
			continue
		}
		if t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(ability) {
			faults = append(faults, fmt.Errorf("instance: %s: method %s needs the pointer to it", t, method.Name))
		}
	}
	return faults
}
