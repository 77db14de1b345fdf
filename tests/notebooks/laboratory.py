"""A real JupyterLab with a real Chromium in front of it, driven as a person would: click, type, Shift+Enter."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from selenium import webdriver
from selenium.common.exceptions import (
    StaleElementReferenceException,
    TimeoutException,
    WebDriverException,
)
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

_T = TypeVar("_T")
_PATIENCE = 90
"""Seconds to wait for anything; a machine with other work to do starts a kernel in twenty."""
_SOON = 10
"""Seconds in which a page on a busy machine shows that it has got a key."""
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


class Laboratory:
    """An open notebook in the browser."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver
        self._wait = WebDriverWait(driver, _PATIENCE)

    def run(self, index: int) -> None:
        """Run the code cell at a place, counted from 0 over all cells, and wait until it is done."""
        before = self.count(index)
        soon = WebDriverWait(self._driver, _SOON)
        for _ in range(_PATIENCE // _SOON):
            self._click_into(index)
            ActionChains(self._driver).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(
                Keys.CONTROL
            ).perform()
            # The page puts a star there as soon as it has asked; a key that came while it was drawn is lost.
            with suppress(TimeoutException):
                soon.until(lambda _: self.count(index) != before)
                break
        self._wait.until(lambda _: self.count(index) not in {before, "*"})
        self.wait_for_kernel()  # outputs may come after the answer, and before it is idle again

    def replace(self, index: int, text: str) -> None:
        """Type other text over that of a cell."""
        self._click_into(index)
        select_all = ActionChains(self._driver).key_down(Keys.CONTROL).send_keys("a")
        select_all.key_up(Keys.CONTROL).send_keys(text).perform()

    def count(self, index: int) -> str:
        """What stands in the brackets before a cell."""
        return self._seen(
            index, lambda cell: cell.find_element(By.CSS_SELECTOR, ".jp-InputPrompt").text
        ).strip("[]: ")

    def text(self, index: int) -> str:
        """All that is shown below a cell, as a person reads it."""
        return self._seen(index, lambda cell: "\n".join(area.text for area in _outputs(cell)))

    def table(self, index: int) -> list[list[str]]:
        """The rows of the tables below a cell, by column, with the spaces that they begin with."""
        return self._seen(
            index,
            lambda cell: [
                [
                    str(part.get_attribute("textContent"))
                    for part in row.find_elements(By.TAG_NAME, "td")
                ]
                for row in cell.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output tr")
            ],
        )

    def ask(self, script: str, index: int) -> list[Any]:
        """Gather what a piece of JavaScript lists of each output of a cell, its `arguments[0]`."""
        return self._seen(
            index,
            lambda cell: [
                found
                for output in _outputs(cell)
                for found in self._driver.execute_script(script, output)
            ],
        )

    def _seen(self, index: int, look: Callable[[WebElement], _T]) -> _T:
        """Look at a cell, and again if the page was drawing it anew just then."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return look(self._cell(index))
            except StaleElementReferenceException:
                if time.monotonic() > until:
                    raise

    def save(self, index: int, path: Path) -> None:
        """Save the notebook as Ctrl+S in a cell does, and wait until its file is another."""
        before = path.stat().st_mtime_ns
        self._click_into(index)
        ActionChains(self._driver).key_down(Keys.CONTROL).send_keys("s").key_up(
            Keys.CONTROL
        ).perform()
        self._wait.until(lambda _: path.stat().st_mtime_ns != before)

    def has(self, selector: str) -> bool:
        """Tell whether the page has such an element."""
        return bool(self._driver.find_elements(By.CSS_SELECTOR, selector))

    def picture(self, path: Path) -> None:
        """Write down what the window shows."""
        self._driver.save_screenshot(str(path))

    def complaints(self) -> list[str]:
        """What the page's console says went wrong, but for what JupyterLab says of itself."""
        return [
            str(entry["message"])
            for entry in self._driver.get_log("browser")
            if entry["level"] == "SEVERE" and "javascript" in entry["source"]
        ]

    def _cell(self, index: int) -> WebElement:
        self._wait.until(
            lambda driver: len(driver.find_elements(By.CSS_SELECTOR, ".jp-Cell")) > index
        )
        cell: WebElement = self._driver.find_elements(By.CSS_SELECTOR, ".jp-Cell")[index]
        # What is out of sight has no layout in JupyterLab, so that it has none until it was drawn.
        self._driver.execute_async_script(
            "const [cell, done] = arguments; cell.scrollIntoView({block: 'center'});"
            "requestAnimationFrame(() => requestAnimationFrame(() => done()))",
            cell,
        )
        return cell

    def _click_into(self, index: int) -> None:
        """Put the cursor into a cell; the page may be drawing it anew just then."""

        def clicked(_: object) -> bool:
            try:
                self._cell(index).find_element(By.CSS_SELECTOR, ".cm-content").click()
            except WebDriverException:
                return False
            return True

        self._wait.until(clicked)

    def wait_for_kernel(self) -> None:
        """Wait until the kernel can be spoken to."""
        self._wait.until(
            lambda driver: driver.find_elements(
                By.CSS_SELECTOR, ".jp-Notebook-ExecutionIndicator[data-status='idle']"
            )
        )


def _outputs(cell: WebElement) -> list[WebElement]:
    return cell.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output")


@contextmanager
def laboratory(
    folder: Path, notebook: str, *, theme: str = "light", application: str = "jupyterlab"
) -> Iterator[Laboratory]:
    """Open a notebook of a folder in JupyterLab or, `application` being `notebook`, in Notebook 7, in a browser of its own."""
    page = f"lab/workspaces/auto-{theme}/tree/{notebook}?reset"
    if application == "notebook":
        page = f"notebooks/{notebook}"
    with _server(folder, theme, application) as address, _browser(folder) as driver:
        driver.get(f"{address}/{page}")
        lab = Laboratory(driver)
        lab.wait_for_kernel()
        yield lab


@contextmanager
def _server(folder: Path, theme: str, application: str) -> Iterator[str]:
    own = folder / ".jupyter-of-the-test"
    settings = own / "lab" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": THEMES[theme]}))
    notification = settings / "notification.jupyterlab-settings"
    notification.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    port = _free_port()
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(own),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "lab"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        "IPYTHONDIR": str(own / "ipython"),
    }
    command = [
        sys.executable,
        "-m",
        application,
        "--no-browser",
        "--ip=127.0.0.1",
        f"--port={port}",
    ]
    command += ["--ServerApp.port_retries=0", "--IdentityProvider.token=", "--allow-root"]
    with (own / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/api/status", server)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"JupyterLab ended with status {server.returncode} before it began")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not answer within {_PATIENCE} s")


@contextmanager
def _browser(folder: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in (
        *("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"),
        *("--window-size=1280,1600", f"--user-data-dir={folder / '.browser-of-the-test'}"),
        *("--disable-background-networking", "--no-first-run", "--force-color-profile=srgb"),
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()
