// Whether somebody sees the page: browsers slow down those that nobody does, so such trials do not count; and the screen is kept on
// while a session is open, where the browser allows that.

export class Attention {
  #document;
  #navigator;
  #tell;
  #lock = null;
  #wanted = false;
  #hiddenSince; // whether it was hidden since disturbance() was last asked

  // `tell(words)`: about the screen, for people.
  constructor(document, navigator, tell) {
    this.#document = document;
    this.#navigator = navigator;
    this.#tell = tell;
    this.#hiddenSince = document.hidden;
  }

  async begin() {
    this.#document.addEventListener("visibilitychange", () => {
      if (this.#document.hidden) this.#hiddenSince = true;
      else void this.#hold();
    });
    await this.#hold();
  }

  // A session is open, or is none any more.
  wanted(wanted) {
    this.#wanted = wanted;
    if (wanted) void this.#hold();
  }

  // Why what was measured since this was last asked does not count; "" where it does.
  disturbance() {
    const hidden = this.#hiddenSince || this.#document.hidden;
    this.#hiddenSince = this.#document.hidden;
    return hidden ? "nobody saw the page for a while during the trial, and browsers slow such pages down" : "";
  }

  async #hold() {
    if (!("wakeLock" in this.#navigator)) {
      this.#tell("may go dark: this browser lets no page keep it on (pages by HTTPS only)");
      return;
    }
    if (this.#lock && !this.#lock.released) return;
    try {
      this.#lock = await this.#navigator.wakeLock.request("screen");
      this.#lock.addEventListener("release", () => this.#document.hidden || this.#tell("may go dark"));
      this.#tell("kept on");
    } catch {
      this.#tell(this.#wanted ? "may go dark: the browser refuses to keep it on (low battery?)" : "may go dark");
    }
  }
}
