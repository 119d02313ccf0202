import 'package:edgelab_mobile/hub/agent.dart';
import 'package:edgelab_mobile/hub/join.dart';
import 'package:flutter_test/flutter_test.dart';

void main() {
  test('the join text', () {
    final address = JoinAddress.parse(' edgelab://192.0.2.7:4222/?token=a%2Bb&ws=8443&tls=1&page=8080\n');
    expect(address.webSocket, Uri.parse('wss://192.0.2.7:8443/'));
    expect(address.token, 'a+b');
  });

  test("the address of a hub's page", () {
    final address = JoinAddress.parse('http://hub.example:8080/#token=secret&ws=8081');
    expect(address.webSocket, Uri.parse('ws://hub.example:8081/'));
    expect(address.token, 'secret');
  });

  test('what is missing is said', () {
    expect(() => JoinAddress.parse('mailto:me'), throwsFormatException);
    expect(() => JoinAddress.parse('edgelab://host:1/?ws=2'), throwsFormatException);
    expect(() => JoinAddress.parse('edgelab://host:1/?token=t'), throwsFormatException);
  });

  test('a device is named as its model, within the rule', () {
    expect(HubAgent.deviceIdFrom('Google Pixel 8'), 'google-pixel-8');
    expect(HubAgent.deviceIdFrom('iPhone15,3'), 'iphone15-3');
    expect(HubAgent.deviceIdFrom('--'), 'phone');
    expect(HubAgent.deviceIdFrom('x' * 99).length, 63);
  });
}
