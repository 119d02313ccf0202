import 'package:edgelab_mobile/files.dart';
import 'package:flutter_test/flutter_test.dart';

void main() {
  test('a model never takes the name of another', () {
    final taken = <String>{'m.gguf', 'm-2.gguf'};
    expect(AppFiles.freeName('m.gguf', taken.contains), 'm-3.gguf');
    expect(AppFiles.freeName('n.gguf', taken.contains), 'n.gguf');
  });
}
