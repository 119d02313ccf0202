import 'dart:convert';
import 'dart:typed_data';

import 'package:edgelab_mobile/hub/frames.dart';
import 'package:flutter_test/flutter_test.dart';

/// One end of a session: what it published, and what it took.
class End {
  End({int leaseMs = 30000}) {
    link = FrameLink(leaseMs: leaseMs, publish: published.add, take: (frame) => taken.add(utf8.decode(frame.body)));
  }

  late final FrameLink link;
  final List<Uint8List> published = <Uint8List>[];
  final List<String> taken = <String>[];

  void say(String text) => link.send(Uint8List.fromList(utf8.encode(text)));

  /// Hands over what was published and is not in `lost`, counted from 0.
  void deliverTo(End other, {Set<int> lost = const <int>{}}) {
    final messages = List<Uint8List>.of(published);
    published.clear();
    for (var i = 0; i < messages.length; i += 1) {
      if (!lost.contains(i)) other.link.receive(Frame.parse(messages[i]));
    }
  }
}

void main() {
  test('frames arrive in order, once each', () {
    final here = End();
    final there = End();
    here.say('a');
    here.say('b');
    final copies = List<Uint8List>.of(here.published);
    here.deliverTo(there);
    for (final copy in copies) {
      there.link.receive(Frame.parse(copy));
    }
    expect(there.taken, <String>['a', 'b']);
  });

  test('what was lost is sent again, and what came after it', () {
    final here = End();
    final there = End();
    here.say('a');
    here.say('b');
    here.say('c');
    here.deliverTo(there, lost: <int>{1});
    expect(there.taken, <String>['a']);
    there.deliverTo(here);
    here.link.tick(FrameLink.resendAfterMs);
    here.deliverTo(there);
    expect(there.taken, <String>['a', 'b', 'c']);
    there.link.tick(100);
    there.deliverTo(here);
    expect(here.link.settled, isTrue);
  });

  test('no more than a window is on the way', () {
    final here = End();
    final there = End();
    for (var i = 0; i < FrameLink.window + 8; i += 1) {
      here.say('$i');
    }
    expect(here.published.length, FrameLink.window);
    here.deliverTo(there);
    there.link.tick(100);
    there.deliverTo(here);
    here.deliverTo(there);
    expect(there.taken.length, FrameLink.window + 8);
  });

  test('eight frames are acknowledged at once, one within 100 ms', () {
    final here = End();
    final there = End();
    here.say('a');
    here.deliverTo(there);
    expect(there.published, isEmpty);
    there.link.tick(100);
    expect(there.published.length, 1);
    for (var i = 0; i < 8; i += 1) {
      here.say('$i');
    }
    here.deliverTo(there);
    expect(there.published.length, 2);
  });

  test('a sign of life each quarter of a lease; nothing heard for a lease is the end', () {
    final here = End(leaseMs: 4000);
    for (var i = 0; i < 10; i += 1) {
      here.link.tick(100);
    }
    expect(here.published.length, 1);
    expect(here.link.expired, isFalse);
    for (var i = 0; i < 30; i += 1) {
      here.link.tick(100);
    }
    expect(here.link.expired, isTrue);
  });

  // The others are in session_test.dart.
  test('what is too long, and what is no UTF-8, is refused', () {
    Uint8List message(String header, int body) {
      return Uint8List.fromList(<int>[...latin1.encode('$header\n'), ...List<int>.filled(body, 32)]);
    }

    expect(Frame.parse(message('{"seq":1}', Frame.longestBody)).seq, 1);
    expect(() => Frame.parse(message('{"seq":1}', Frame.longestBody + 1)), throwsFormatException);
    expect(() => Frame.parse(Uint8List(Frame.longestHeader + 10)), throwsFormatException);
    expect(() => Frame.parse(message('{"seq":1,"x":"${String.fromCharCode(255)}"}', 0)), throwsFormatException);
  });

  test('what was never sent cannot be acknowledged, what was sent can be', () {
    final here = End();
    Frame ack(int seq) => Frame.parse(Uint8List.fromList(utf8.encode('{"ack":$seq}\n')));
    for (var i = 0; i < FrameLink.window + 1; i += 1) {
      here.say('$i');
    }
    expect(() => here.link.receive(ack(FrameLink.window + 1)), throwsFormatException);
    here.link.tick(FrameLink.resendAfterMs);
    here.link.receive(ack(FrameLink.window));
    here.link.receive(ack(FrameLink.window + 1));
    expect(here.link.settled, isTrue);
  });
}
