# The image of the server and of its Jobs: Node.js and the bundled program, nothing else.
FROM node:24 AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node scripts/build.mjs && rm dist/sandbox.js # the sandbox is for a checkout

FROM node:24-slim
ENV NODE_ENV=production
COPY --from=build /build/dist /app
RUN printf '#!/bin/sh\nexec node /app/operarius.js "$@"\n' >/usr/local/bin/operarius && chmod 755 /usr/local/bin/operarius
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["node", "/app/operarius.js"]
CMD ["serve"]
