export 'dart:typed_data' show Uint8List, ByteData;

typedef VoidCallback = void Function();
typedef ValueChanged<T> = void Function(T value);

abstract class Listenable {
  const Listenable();
  void addListener(VoidCallback listener);
  void removeListener(VoidCallback listener);
}

mixin class ChangeNotifier implements Listenable {
  final List<VoidCallback> _l = <VoidCallback>[];
  @override
  void addListener(VoidCallback listener) => _l.add(listener);
  @override
  void removeListener(VoidCallback listener) => _l.remove(listener);
  void notifyListeners() {
    for (final f in List.of(_l)) {
      f();
    }
  }

  void dispose() {}
}

class Key {
  const Key(String v);
}
