/** Starts the page. */

import { mount } from "svelte";
import App from "./pages/App.svelte";
import { applyPreferences } from "./components/preferences";
import "./styles/tokens.css";
import "./styles/base.css";

applyPreferences();
const target = document.getElementById("page");
if (target !== null) mount(App, { target });
