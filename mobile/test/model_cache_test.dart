import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:edgelab_mobile/hub/model_cache.dart';
import 'package:edgelab_mobile/hub/nats.dart';
import 'package:flutter_test/flutter_test.dart';

/// A hub's object store with one file, 'aaaabbbbcc', in chunks of four bytes; the first lies at `first` in the stream.
class Store implements NatsConnection {
  Store(this.first);

  final int first;
  final List<int> asked = <int>[];
  int _open = 0;
  int most = 0;

  @override
  Future<Uint8List> request(String subject, Uint8List data, Duration limit) async {
    final seq = (jsonDecode(utf8.decode(data)) as Map<String, dynamic>)['seq'] as int;
    asked.add(seq);
    _open += 1;
    if (_open > most) most = _open;
    await Future<void>.delayed(const Duration(milliseconds: 5));
    _open -= 1;
    final at = seq < first ? 0 : seq - first;
    if (at >= chunks.length) return utf8.encode('{"error":{"description":"no message found"}}');
    final message = <String, Object>{'seq': first + at, 'data': base64.encode(utf8.encode(chunks[at]))};
    return utf8.encode(jsonEncode(<String, Object>{'message': message}));
  }

  static const List<String> chunks = <String>['aaaa', 'bbbb', 'cc'];

  @override
  dynamic noSuchMethod(Invocation invocation) => super.noSuchMethod(invocation);
}

/// One with nothing in it.
class Empty extends Store {
  Empty() : super(1);

  @override
  Future<Uint8List> request(String subject, Uint8List data, Duration limit) async =>
      utf8.encode('{"error":{"description":"no message found"}}');
}

void main() {
  const digits = 'e5b23841c6af4520d056e6428103d28178e586ff65111e80167d43736ade2f72';
  late Directory folder;

  setUp(() => folder = Directory.systemTemp.createTempSync('cache'));

  tearDown(() => folder.deleteSync(recursive: true));

  Future<NotHere?> fetch(Store store, {int chunks = 99}) {
    var left = chunks;
    return ModelCache(folder).fetch(store, digits, 10, progress: (_) => left -= 1, wanted: () => left > 0);
  }

  List<String> names() => <String>[for (final entity in folder.listSync()) entity.uri.pathSegments.last];

  test('one that is no longer wanted stops, and is gone on with', () async {
    expect((await fetch(Store(1), chunks: 1))?.reason, 'its session is over');
    final store = Store(1);
    expect(await fetch(store), isNull);
    expect(store.asked, <int>[2, 3]);
    expect(names(), <String>[digits]);
  });

  test('a part of a store that is another by now is given up: after its end, before its beginning, in its middle', () async {
    for (final then in <List<int>>[
      <int>[40, 1],
      <int>[1, 40],
      <int>[2, 1],
    ]) {
      expect((await fetch(Store(then[0]), chunks: 1))?.reason, 'its session is over');
      expect(await fetch(Store(then[1])), isNull);
      expect(names(), <String>[digits]);
      File('${folder.path}/$digits').deleteSync();
    }
  });

  test('what is wrong from the beginning is wrong once, and leaves nothing', () async {
    final store = Store(1);
    final why = await ModelCache(folder).fetch(store, 'b' * 64, 10, progress: (_) {}, wanted: () => true);
    expect(why?.reason, contains('another SHA-256'));
    expect(why?.damaged, isTrue);
    expect(store.asked, <int>[1, 2, 3]);
    expect(names(), isEmpty);
  });

  test('one that the hub has nothing of is not damaged, one that it has lost a part of is', () async {
    Future<NotHere?> ofTwelve(Store store) =>
        ModelCache(folder).fetch(store, digits, 12, progress: (_) {}, wanted: () => true);
    expect((await ofTwelve(Store(1)))?.damaged, isTrue);
    File('${folder.path}/$digits.part').deleteSync();
    expect((await ofTwelve(Empty()))?.damaged, isFalse);
  });

  test('two that ask at a time share one transfer', () async {
    final store = Store(1);
    expect(await Future.wait(<Future<NotHere?>>[fetch(store), fetch(store)]), <NotHere?>[null, null]);
    expect(store.most, 1);
    expect(store.asked, <int>[1, 2, 3]);
  });
}
