/** Journals, values, leases and inboxes on PostgreSQL. */
export {};
