/** Starts the page. */

import { mount } from "svelte";
import App from "./pages/App.svelte";
import { applyTheme, preferences } from "./components/preferences";
import "./styles/tokens.css";
import "./styles/base.css";

applyTheme(preferences.get().theme);
const target = document.getElementById("page");
if (target !== null) mount(App, { target });
