import 'package:wakelock_plus/wakelock_plus.dart';

/// The screen, for whoever needs it lit: a page that was left may still be ending while the next one measures.
final Awake screen = Awake(WakelockPlus.enable, WakelockPlus.disable);

/// What several may ask for at a time: on with the first [hold], off with the last [release].
class Awake {
  Awake(this._enable, this._disable);

  final Future<void> Function() _enable;
  final Future<void> Function() _disable;
  int _holders = 0;

  Future<void> hold() async {
    _holders += 1;
    if (_holders == 1) await _enable();
  }

  /// Once for each [hold], also for one that threw.
  Future<void> release() async {
    _holders -= 1;
    if (_holders == 0) await _disable();
  }
}
