export 'foundation.dart';
import 'foundation.dart';

class Size {
  const Size(this.width, this.height);
  final double width, height;
}

class Rect {}

class Offset {
  const Offset(this.dx, this.dy);
  static const Offset zero = Offset(0, 0);
  final double dx, dy;
  Rect operator &(Size s) => Rect();
}

class Color {
  const Color(int v);
}

class MaterialColor extends Color {
  const MaterialColor(super.v);
}

class Colors {
  static const MaterialColor teal = MaterialColor(1);
  static const MaterialColor green = MaterialColor(1);
  static const MaterialColor red = MaterialColor(1);
}

abstract class Widget {
  const Widget({this.key});
  final Key? key;
}

abstract class RenderObject {}

abstract class RenderBox extends RenderObject {
  Offset localToGlobal(Offset point, {RenderObject? ancestor});
  Size get size;
}

abstract class BuildContext {
  RenderObject? findRenderObject();
  bool get mounted;
}

abstract class StatelessWidget extends Widget {
  const StatelessWidget({super.key});
  Widget build(BuildContext context);
}

abstract class StatefulWidget extends Widget {
  const StatefulWidget({super.key});
  State<StatefulWidget> createState();
}

abstract class State<T extends StatefulWidget> {
  T get widget => throw 0;
  BuildContext get context => throw 0;
  bool get mounted => true;
  void setState(VoidCallback fn) {}
  void initState() {}
  void dispose() {}
  Widget build(BuildContext context);
}

enum AppLifecycleState { detached, resumed, inactive, hidden, paused }

abstract mixin class WidgetsBindingObserver {
  void didChangeAppLifecycleState(AppLifecycleState state) {}
}

mixin WidgetsBinding {
  static WidgetsBinding get instance => throw 0;
  void addObserver(WidgetsBindingObserver observer) {}
  bool removeObserver(WidgetsBindingObserver observer) => true;
}

class WidgetsFlutterBinding with WidgetsBinding {
  static WidgetsBinding ensureInitialized() => throw 0;
}

void runApp(Widget app) {}

enum Brightness { dark, light }

class TextStyle {
  const TextStyle({Color? color});
}

class TextTheme {
  TextStyle? get titleMedium => null;
  TextStyle? get titleSmall => null;
}

class ColorScheme {
  Color get error => Colors.red;
}

class ThemeData {
  factory ThemeData({Color? colorSchemeSeed, Brightness? brightness}) => throw 0;
  TextTheme get textTheme => throw 0;
  ColorScheme get colorScheme => throw 0;
}

class Theme extends StatelessWidget {
  const Theme({super.key});
  static ThemeData of(BuildContext context) => throw 0;
  @override
  Widget build(BuildContext context) => this;
}

class _W extends StatelessWidget {
  const _W({super.key});
  @override
  Widget build(BuildContext context) => this;
}

class MaterialApp extends _W {
  const MaterialApp({super.key, Widget? home, String? title, ThemeData? theme, ThemeData? darkTheme});
}

class AppBar extends _W implements PreferredSizeWidget {
  AppBar({super.key, Widget? title});
}

abstract class PreferredSizeWidget implements Widget {}

class Scaffold extends _W {
  const Scaffold({super.key, PreferredSizeWidget? appBar, Widget? body});
}

class Center extends _W {
  const Center({super.key, Widget? child});
}

class Text extends _W {
  const Text(String data, {super.key, TextStyle? style});
}

class CircularProgressIndicator extends _W {
  const CircularProgressIndicator({super.key});
}

class LinearProgressIndicator extends _W {
  const LinearProgressIndicator({super.key, double? value});
}

abstract class EdgeInsetsGeometry {
  const EdgeInsetsGeometry();
}

class EdgeInsets extends EdgeInsetsGeometry {
  const EdgeInsets.all(double v);
  const EdgeInsets.symmetric({double vertical = 0, double horizontal = 0});
}

class ListView extends _W {
  ListView({super.key, EdgeInsetsGeometry? padding, List<Widget> children = const <Widget>[]});
}

enum CrossAxisAlignment { start, end, center }

class Column extends _W {
  const Column({
    super.key,
    CrossAxisAlignment crossAxisAlignment = CrossAxisAlignment.center,
    List<Widget> children = const <Widget>[],
  });
}

class Row extends _W {
  const Row({super.key, List<Widget> children = const <Widget>[]});
}

class Wrap extends _W {
  const Wrap({super.key, double spacing = 0, List<Widget> children = const <Widget>[]});
}

class Padding extends _W {
  const Padding({super.key, required EdgeInsetsGeometry padding, Widget? child});
}

class SizedBox extends _W {
  const SizedBox({super.key, double? width, double? height, Widget? child});
}

class Expanded extends _W {
  const Expanded({super.key, required Widget child});
}

class Divider extends _W {
  const Divider({super.key});
}

class Card extends _W {
  const Card({super.key, Widget? child});
}

typedef GestureTapCallback = void Function();

class ListTile extends _W {
  const ListTile({super.key, Widget? title, GestureTapCallback? onTap});
}

class OutlinedButton extends _W {
  const OutlinedButton({super.key, required VoidCallback? onPressed, required Widget? child});
}

class FilledButton extends _W {
  const FilledButton({super.key, required VoidCallback? onPressed, required Widget? child});
  const FilledButton.tonal({super.key, required VoidCallback? onPressed, required Widget? child});
}

class DropdownMenuItem<T> extends _W {
  const DropdownMenuItem({super.key, T? value, required Widget child});
}

class DropdownButton<T> extends _W {
  DropdownButton({
    super.key,
    required List<DropdownMenuItem<T>>? items,
    T? value,
    required ValueChanged<T?>? onChanged,
    bool isExpanded = false,
  });
}

class TextEditingController {
  String text = '';
  void dispose() {}
}

class InputDecoration {
  const InputDecoration({String? labelText});
}

class TextField extends _W {
  const TextField({super.key, TextEditingController? controller, InputDecoration? decoration, bool? autocorrect});
}

typedef WidgetBuilder = Widget Function(BuildContext context);

abstract class Route<T> {}

class MaterialPageRoute<T> extends Route<T> {
  MaterialPageRoute({required WidgetBuilder builder});
}

class NavigatorState {
  Future<T?> push<T extends Object?>(Route<T> route) => throw 0;
  void pop<T extends Object?>([T? result]) {}
}

class Navigator extends _W {
  const Navigator({super.key});
  static NavigatorState of(BuildContext context) => throw 0;
}
