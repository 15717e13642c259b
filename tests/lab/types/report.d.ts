// What the report's page puts before its own scripts (trilayer.report.page).

declare const uPlot: any;
declare const palettes: Record<string, { diverging: string[], series: string[] }>;
declare const network: {
  logit(row: Record<string, any>): number,
  attributions(row: Record<string, any>, baseline: Record<string, any>): [string, number][],
};
