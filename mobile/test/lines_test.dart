import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:edgelab_mobile/hub/lines.dart';
import 'package:edgelab_mobile/hub/model_cache.dart';
import 'package:flutter_test/flutter_test.dart';

void main() {
  final digits = 'a' * 64;
  late Directory folder;
  late LineGuard guard;

  setUp(() {
    folder = Directory.systemTemp.createTempSync('lines');
    File('${folder.path}/$digits').writeAsStringSync('a model');
    guard = LineGuard(ModelCache(folder));
  });

  tearDown(() => folder.deleteSync(recursive: true));

  CheckedLine check(Object message) => guard.check(Uint8List.fromList(utf8.encode(jsonEncode(message))));

  String kindOf(CheckedLine line) {
    expect(line.line, isNull);
    return (jsonDecode(utf8.decode(line.answer!)) as Map<String, dynamic>)['kind'] as String;
  }

  test('a model becomes a path of the cache, and back', () {
    final line = check(<String, Object>{'type': 'load', 'id': 1, 'model': 'sha256:$digits', 'flags': <String, Object>{}}).line!;
    expect((jsonDecode(utf8.decode(line)) as Map<String, dynamic>)['model'], '${folder.path}/$digits');
    expect(utf8.decode(guard.withoutPaths(line)), contains('"sha256:$digits"'));
  });

  test('a model that is not here, or no model, is refused', () {
    expect(kindOf(check(<String, Object>{'type': 'load', 'id': 1, 'model': 'sha256:${'b' * 64}'})), 'failed');
    expect(kindOf(check(<String, Object>{'type': 'load', 'id': 1, 'model': '/etc/passwd'})), 'bad-request');
    expect(kindOf(check(<String, Object>{'type': 'load', 'id': 1, 'model': 'sha256:../x'})), 'bad-request');
  });

  test('whatever else names a file is refused', () {
    expect(kindOf(check(<String, Object>{'type': 'score', 'id': 1, 'stream': '/tmp/s'})), 'unsupported');
    for (final flag in <String, String>{'draft-model': '/m', 'extra-args': '--x', 'rpc': 'host:1', 'llama.file': '/m'}.entries) {
      final flags = <String, String>{flag.key: flag.value};
      expect(kindOf(check(<String, Object>{'type': 'run', 'id': 1, 'flags': flags})), 'unsupported');
      expect(kindOf(check(<String, Object>{'type': 'score', 'id': 1, 'against': flags})), 'unsupported');
    }
  });

  test('flags at their defaults name nothing', () {
    const flags = <String, String>{'extra-args': '[]', 'rpc': '', 'draft-model': '', 'threads': '4'};
    expect(check(<String, Object>{'type': 'run', 'id': 1, 'flags': flags}).line, isNotNull);
  });

  test('the peak of memory joins what the executor tells, unless it tells that', () {
    Uint8List done(Map<String, Object> memory) {
      return Uint8List.fromList(utf8.encode(jsonEncode(<String, Object>{'type': 'done', 'id': 2, 'memory': memory})));
    }

    Object? peakOf(Uint8List line) {
      return ((jsonDecode(utf8.decode(line)) as Map<String, dynamic>)['memory'] as Map<String, dynamic>)['rss_peak_bytes'];
    }

    expect(peakOf(LineGuard.withPeakMemory(done(<String, Object>{'kv_cache_bytes': 1}), 77)), 77);
    expect(peakOf(LineGuard.withPeakMemory(done(<String, Object>{'rss_peak_bytes': 5}), 77)), 5);
  });

  test('a line that is not changed goes on byte for byte', () {
    final line = Uint8List.fromList(utf8.encode('{"type":"run","id":2,"seed":18446744073709551615, "flags":{"threads":"1"}}'));
    expect(identical(guard.check(line).line, line), isTrue);
  });

  test('what is no message is answered, not thrown', () {
    expect(kindOf(guard.check(Uint8List.fromList(<int>[0xff, 0x00]))), 'bad-request');
    expect(kindOf(check(<Object>[])), 'bad-request');
  });
}
