package govtest

import (
	"fmt"
	"reflect"
	"time"

	"govd/internal/gov"
)

// Fill sets every field of what v points at, however deep, to a value that is
// not zero and differs from the others. It is for tests of translations: a
// field that is forgotten on the way is missed. Lists get two items.
func Fill(v any) {
	f := filler{}
	f.fill(reflect.ValueOf(v).Elem())
}

type filler struct{ n int }

func (f *filler) fill(v reflect.Value) {
	f.n++
	if _, ok := v.Interface().(time.Time); ok {
		v.Set(reflect.ValueOf(Noon.Add(time.Duration(f.n) * time.Second)))
		return
	}
	if _, ok := v.Interface().(gov.Node); ok { // not any two words make a node
		v.Set(reflect.ValueOf(gov.NumberedNode(gov.BatchNode, uint64(f.n))))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("word%d", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(f.n%255 + 1))
	default:
		f.deep(v)
	}
}

func (f *filler) deep(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.items(v)
	case reflect.Array:
		f.items(v)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, item := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(item)
			v.SetMapIndex(key, item)
		}
	default:
		panic(fmt.Sprintf("govtest: nothing fills a %v", v.Type()))
	}
}

func (f *filler) items(v reflect.Value) {
	for i := range v.Len() {
		f.fill(v.Index(i))
	}
}
