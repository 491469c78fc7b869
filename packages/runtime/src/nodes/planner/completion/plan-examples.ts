/** Plans that a completion model sees before its own. Invented tools only, none that a real server has: a model copies what it sees. */

export interface PlanExample {
  readonly tools: readonly string[];
  readonly goal: string;
  readonly lines: readonly string[];
}

export const PLAN_EXAMPLES: readonly PlanExample[] = [
  {
    tools: [
      "get_weather(city: string) - Weather of a city today",
      "get_time(zone: string) - Current time in a time zone",
      "play_song(title: string) - Play a song",
      "book_table(restaurant: string, people: number) - Book a table in a restaurant",
    ],
    goal: "Check the weather in Oslo and the weather in Rome.",
    lines: [
      "# Check the weather in Oslo",
      't1 = get_weather(city: "Oslo")',
      "# the weather in Rome",
      't2 = get_weather(city: "Rome")',
    ],
  },
  {
    tools: [
      "fetch_page(url: string) - Fetch the text of a web page",
      "list_pages(url: string) - List the pages of a web site",
      "translate(text: string, language: string) - Translate a text",
      "get_customer(name: string) - Find a customer by name",
    ],
    goal: "Fetch https://example.com/terms, then translate the text to French.",
    lines: [
      "# Fetch https://example.com/terms",
      't1 = fetch_page(url: "https://example.com/terms")',
      "# translate the text to French",
      't2 = translate(text: t1, language: "French")',
    ],
  },
  {
    tools: [
      "find_contact(query: string) - Search the address book",
      "delete_contact(name: string) - Delete a contact",
      "set_light(room: string, level: number) - Set the brightness of a light",
      "lock_door(door: string) - Lock a door",
    ],
    goal: "Find Maria Lopez in the address book, and set the light in the kitchen to 40.",
    lines: [
      "# Find Maria Lopez in the address book",
      't1 = find_contact(query: "Maria Lopez")',
      "# set the light in the kitchen to 40",
      't2 = set_light(room: "kitchen", level: 40)',
    ],
  },
  {
    tools: [
      "get_stock(product: string) - How many of a product are in stock",
      "set_stock(product: string, count: number) - Change the stock of a product",
      "send_message(to: string, body: string) - Send a message to a person",
      "open_ticket(subject: string) - Open a support ticket",
    ],
    goal: "Get the stock of lamps, then send the result to Ivan.",
    lines: [
      "# Get the stock of lamps",
      't1 = get_stock(product: "lamps")',
      "# send the result to Ivan",
      't2 = send_message(to: "Ivan", body: t1)',
    ],
  },
  {
    tools: [
      "get_price(product: string) - Price of a product",
      "get_exchange_rate(currency: string) - Exchange rate of a currency",
      "multiply(x: number, y: number) - Multiply two numbers",
      "print_label(text: string, copies: number) - Print a label",
    ],
    goal: "Get the price of chairs, the price of desks, and multiply 6 and 7.",
    lines: [
      "# Get the price of chairs",
      't1 = get_price(product: "chairs")',
      "# the price of desks",
      't2 = get_price(product: "desks")',
      "# multiply 6 and 7",
      "t3 = multiply(x: 6, y: 7)",
    ],
  },
  {
    tools: [
      "get_calendar(person: string) - Calendar of a person",
      "transcribe(recording: string) - Turn a recording into text",
      "publish_post(title: string, body: string) - Publish a blog post",
      "delete_post(title: string) - Delete a blog post",
    ],
    goal: "Look at the calendar of Omar, transcribe the recording Intro and publish the transcript as Welcome.",
    lines: [
      "# Look at the calendar of Omar",
      't1 = get_calendar(person: "Omar")',
      "# transcribe the recording Intro",
      't2 = transcribe(recording: "Intro")',
      "# publish the transcript as Welcome",
      't3 = publish_post(title: "Welcome", body: t2)',
    ],
  },
];
