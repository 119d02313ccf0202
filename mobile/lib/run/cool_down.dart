import 'package:edgelab_native/edgelab_native.dart';

/// Waiting for the phone to be as cool as when the run began, so that no block pays for the heat of the one before.
class CoolDown {
  CoolDown(this.start);

  /// The state before the run's first trial, of whichever session.
  final DeviceState start;

  static const Duration limit = Duration(minutes: 10);
  static const Duration step = Duration(seconds: 5);

  /// Degrees above the start that still count as cool: batteries cool slowly.
  static const double tolerance = 2.0;

  /// Where a phone tells neither, there is nothing to wait for.
  bool isCool(DeviceState now) {
    final heat = now.thermal;
    if (heat != null && heat.index > (start.thermal ?? Thermal.nominal).index) return false;
    final celsius = now.batteryCelsius;
    final before = start.batteryCelsius;
    return celsius == null || before == null || celsius <= before + tolerance;
  }

  /// How long it waited, and whether that was enough. `stopped` is asked before each step.
  Future<CoolDownWait> wait(bool Function() stopped) async {
    final watch = Stopwatch()..start();
    var now = await Device.state();
    while (!isCool(now) && !stopped() && watch.elapsed < limit) {
      await Future<void>.delayed(step);
      now = await Device.state();
    }
    return CoolDownWait(watch.elapsed, isCool(now));
  }
}

class CoolDownWait {
  const CoolDownWait(this.waited, this.reached);

  final Duration waited;
  final bool reached;
}
