// What the browser tells of the device it is on, now. What it does not tell is left out.

function system(navigator) {
  const data = navigator.userAgentData;
  if (data?.platform) return data.platform;
  return /\(([^)]*)\)/.exec(navigator.userAgent)?.[1];
}

export async function factsOf(navigator) {
  const facts = { os: system(navigator), cores: navigator.hardwareConcurrency, time_ms: Date.now() };
  try {
    const battery = await navigator.getBattery?.();
    // Where there is none, browsers tell of one that is full and charging for ever.
    if (battery && !(battery.charging && battery.level === 1 && battery.chargingTime === 0)) {
      facts.battery_percent = Math.round(battery.level * 100);
      facts.charging = battery.charging;
    }
  } catch {
    // not told to this page
  }
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
